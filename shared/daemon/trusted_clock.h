// The time certificates and tokens are judged by: this machine's own where it can be right, its
// parent's where it cannot. Decides about nothing that runs.
#pragma once
#include "shared/host/host.h"
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
  int64_t nowMs() const { return clock.wallMs() + offsetMs; }
  // Zero: ours is right. Positive: ours is behind.
  int64_t error() const { return offsetMs; }

private:
  Clock& clock;
  int64_t offsetMs = 0;
};

}  // namespace skerry
