// Roll-ups: the same whatever the order and grouping, and bounded.
#include "shared/daemon/rollup.h"
#include <doctest/doctest.h>
#include <random>

namespace skerry {
namespace {

constexpr int64_t NOW_MS = 1'700'000'000'000, MINUTE_MS = 60'000;

Rollup drawn(std::mt19937_64& chance) {
  Rollup rollup;
  rollup.sites = uint32_t(chance() % 5);
  for (auto state : {"running", "backoff", "pending"}) {
    if (chance() % 2) rollup.states[state] = uint32_t(chance() % 9 + 1);
  }
  for (auto kind : {"instance.ended", "link.up", "instance.crash-loop"}) {
    auto isHuge = chance() % 4 == 0;
    if (chance() % 2) rollup.lastHour[kind] = isHuge ? UINT32_MAX - 1 : uint32_t(chance() % 9 + 1);
  }
  return rollup;
}

Rollup merged(Rollup a, const Rollup& b) {
  a.merge(b);
  return a;
}

TEST_CASE("roll-ups merge to the same in any order and grouping, and come back from their bytes") {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 chance(seed);
    auto a = drawn(chance), b = drawn(chance), c = drawn(chance);
    CHECK(merged(a, b) == merged(b, a));
    CHECK(merged(merged(a, b), c) == merged(a, merged(b, c)));
    CHECK(merged(a, Rollup()) == a);
    CHECK(decodeRollup(view(encodeRollup(a))) == a);
  }
  Bytes nonsense(24, 0xff);
  CHECK(decodeRollup(view(nonsense)) == Rollup());
}

Event ended(int64_t atMs, const char* app = "pos") {
  Event event;
  event.atMs = atMs;
  event.kind = "instance.ended";
  event.tenant = "acme";
  event.app = app;
  return event;
}

TEST_CASE("an hour is counted, what is told late is not, and what is dated ahead is now") {
  HourCounts counts;
  counts.add(ended(NOW_MS - 50 * MINUTE_MS), NOW_MS);
  counts.add(ended(NOW_MS - 10 * MINUTE_MS), NOW_MS);
  counts.add(ended(NOW_MS + 900 * MINUTE_MS), NOW_MS);
  counts.add(ended(NOW_MS - 61 * MINUTE_MS), NOW_MS);
  auto now = counts.sum(NOW_MS);
  CHECK(now["acme/pos"].ended() == 3);
  CHECK(counts.sum(NOW_MS + 20 * MINUTE_MS)["acme/pos"].ended() == 2);
  CHECK(counts.sum(NOW_MS + 80 * MINUTE_MS).empty());
}

TEST_CASE("applications and kinds that are made up without end are not counted without end") {
  HourCounts counts;
  for (int n = 0; n < 1'000; ++n) {
    auto event = ended(NOW_MS);
    event.kind = "made.up" + std::to_string(n);
    counts.add(event, NOW_MS);
  }
  CHECK(counts.sum(NOW_MS)["acme/pos"].lastHour.size() == ROLLUP_KINDS_MAX);
}

}  // namespace
}  // namespace skerry
