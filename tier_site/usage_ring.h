// The last samples of one series, the oldest forgotten first: what top shows comes from them. Pure.
#pragma once
#include "tier_site/usage_limits.h"
#include <vector>

namespace skerry {

struct UsageSample {
  uint64_t bootMs = 0;
  double cpuSeconds = 0;  // only rises, and begins anew with each life
  uint64_t memoryBytes = 0;
};

class UsageRing {
public:
  void add(UsageSample sample);
  bool empty() const { return samples.empty(); }
  size_t size() const { return samples.size(); }
  // The newest; there is one.
  const UsageSample& newest() const { return at(samples.size() - 1); }
  // Thousandths of a processor since CPU_WINDOW_MS before the newest; 0 while there is one only.
  uint64_t cpuMilli() const;
  uint64_t memoryPeakBytes() const;

private:
  // From the oldest, 0.
  const UsageSample& at(size_t i) const { return samples[(first + i) % samples.size()]; }
  std::vector<UsageSample> samples;
  size_t first = 0;
};

}  // namespace skerry
