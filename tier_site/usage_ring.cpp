#include "tier_site/usage_ring.h"
#include <algorithm>

namespace skerry {

void UsageRing::add(UsageSample sample) {
  if (samples.size() < SAMPLES_MAX) {
    samples.push_back(sample);
    return;
  }
  samples[first] = sample;
  first = (first + 1) % SAMPLES_MAX;
}

uint64_t UsageRing::cpuMilli() const {
  double used = 0;
  uint64_t spanMs = 0;
  for (size_t i = samples.size(); i-- > 1;) {
    auto &before = at(i - 1), &after = at(i);
    if (newest().bootMs - before.bootMs > CPU_WINDOW_MS) break;
    // A counter that fell is another life's: what it says was used since then.
    bool isSameLife = after.cpuSeconds >= before.cpuSeconds;
    used += isSameLife ? after.cpuSeconds - before.cpuSeconds : after.cpuSeconds;
    spanMs = newest().bootMs - before.bootMs;
  }
  return spanMs == 0 ? 0 : uint64_t(used * 1e6 / double(spanMs));
}

uint64_t UsageRing::memoryPeakBytes() const {
  uint64_t peak = 0;
  for (auto& sample : samples) peak = std::max(peak, sample.memoryBytes);
  return peak;
}

}  // namespace skerry
