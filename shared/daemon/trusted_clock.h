// The time certificates and tokens are judged and dated by: this machine's own where it can be
// right, its parent's where it cannot, and never before what is known to have passed. Decides about
// nothing that runs.
#pragma once
#include "shared/host/host.h"
#include <algorithm>
#include <cstdlib>

namespace skerry {

constexpr int64_t CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

class TrustedClock {
public:
  explicit TrustedClock(Clock& clock) : clock(clock) {}

  // The parent said what time it is. Far from ours, ours is wrong.
  void heard(int64_t parentWallMs) {
    auto difference = parentWallMs - clock.wallMs();
    offsetMs = std::llabs(difference) > CLOCK_TOLERANCE_MS ? difference : 0;
  }
  // Central, or who issued a certificate of ours, signed something at this time: it is not earlier.
  // The newest word counts, not the greatest: a clock that was ahead and was set right is believed.
  void atLeast(int64_t signedMs) { floorMs = signedMs; }

  int64_t nowMs() const { return std::max(clock.wallMs() + offsetMs, floorMs); }
  int64_t floor() const { return floorMs; }
  // Our own clock says a time that has passed.
  bool isSuspect() const { return clock.wallMs() + CLOCK_TOLERANCE_MS < floorMs; }
  // Zero: ours is right. Positive: ours is behind.
  int64_t error() const {
    if (offsetMs == 0 && isSuspect()) return floorMs - clock.wallMs();
    return offsetMs;
  }

private:
  Clock& clock;
  int64_t offsetMs = 0, floorMs = 0;
};

}  // namespace skerry
