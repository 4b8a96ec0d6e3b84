#include "tier_site/usage_ring.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr uint64_t STEP_MS = 10'000;

TEST_CASE("one sample says nothing of a processor, two say what was used between them") {
  UsageRing ring;
  ring.add({STEP_MS, 100, 5});
  CHECK(ring.cpuMilli() == 0);
  ring.add({2 * STEP_MS, 105, 7});
  CHECK(ring.cpuMilli() == 500);
  CHECK(ring.memoryPeakBytes() == 7);
}

TEST_CASE("a processor's use is that of the last minute") {
  UsageRing ring;
  for (int i = 0; i < 10; ++i) ring.add({i * STEP_MS, double(i * 20), 1});
  CHECK(ring.cpuMilli() == 2'000);
  for (int i = 0; i < 6; ++i) ring.add({(10 + i) * STEP_MS, 180, 1});
  CHECK(ring.cpuMilli() == 0);
}

TEST_CASE("a counter that begins anew is another life, not use below nothing") {
  UsageRing ring;
  ring.add({0, 1'000, 1});
  ring.add({STEP_MS, 1'001, 1});
  ring.add({2 * STEP_MS, 3, 1});
  CHECK(ring.cpuMilli() == 200);
}

TEST_CASE("of very many samples the newest are kept, and peaks end with them") {
  UsageRing ring;
  ring.add({0, 0, 99});
  for (size_t i = 1; i <= SAMPLES_MAX - 1; ++i) ring.add({i * STEP_MS, double(i), 1});
  CHECK(ring.memoryPeakBytes() == 99);
  ring.add({SAMPLES_MAX * STEP_MS, double(SAMPLES_MAX), 2});
  CHECK(ring.size() == SAMPLES_MAX);
  CHECK(ring.memoryPeakBytes() == 2);
  CHECK(ring.newest().memoryBytes == 2);
  CHECK(ring.cpuMilli() == 100);
}

}  // namespace
}  // namespace skerry
