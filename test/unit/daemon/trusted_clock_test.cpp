#include "shared/daemon/trusted_clock.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr int64_t NOW_MS = 1'700'000'000'000, YEAR_MS = int64_t(365) * 24 * 3'600'000;

struct Wall final : Clock {
  int64_t ms = NOW_MS;
  int64_t wallMs() const override { return ms; }
  uint64_t bootMs() const override { return 0; }
  kj::StringPtr bootId() const override { return "boot"; }
};

TEST_CASE("a clock that says a time that has passed is suspect, and not believed") {
  Wall wall;
  TrustedClock clock(wall);
  clock.atLeast(NOW_MS);
  CHECK(!clock.isSuspect());
  CHECK(clock.error() == 0);
  wall.ms = 0;
  CHECK(clock.isSuspect());
  CHECK(clock.nowMs() == NOW_MS);
  CHECK(clock.error() == NOW_MS);
  // Nor is a parent whose clock is wrong as well.
  clock.heard(0);
  CHECK(clock.nowMs() == NOW_MS);
  clock.heard(NOW_MS + YEAR_MS);
  CHECK(clock.nowMs() == NOW_MS + YEAR_MS);
  CHECK(clock.error() == NOW_MS + YEAR_MS);
}

TEST_CASE("the newest signed word counts, so that a time that was never so does not stay") {
  Wall wall;
  TrustedClock clock(wall);
  clock.atLeast(NOW_MS + 60 * YEAR_MS);
  CHECK(clock.nowMs() == NOW_MS + 60 * YEAR_MS);
  clock.atLeast(NOW_MS - 1);
  CHECK(clock.nowMs() == NOW_MS);
  CHECK(!clock.isSuspect());
}

}  // namespace
}  // namespace skerry
