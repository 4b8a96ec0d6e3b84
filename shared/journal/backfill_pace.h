// How fast all children of a parent together may tell what it missed: each is told how long to
// wait before its next piece, so that a thousand that were away for a month are no flood, and one
// that is alone waits for nobody. Pure.
#pragma once
#include "shared/journal/journal_limits.h"
#include <algorithm>

namespace skerry {

class BackfillPace {
public:
  explicit BackfillPace(uint64_t bytesPerSecond = BACKFILL_BYTES_PER_SECOND)
      : bytesPerSecond(bytesPerSecond) {}

  // So much came, or was promised, at `nowMs` of a clock that does not jump: milliseconds until
  // more is welcome.
  int64_t admit(uint64_t bytes, int64_t nowMs) {
    freeUs = std::max(freeUs, nowMs * 1'000) + int64_t(bytes * 1'000'000 / bytesPerSecond);
    return std::min((freeUs - nowMs * 1'000) / 1'000, BACKFILL_WAIT_MS_MAX);
  }

private:
  uint64_t bytesPerSecond;
  int64_t freeUs = 0;
};

// What one child may tell: all it has, and then as fast as any honest one.
class ChildPace {
public:
  // Whether so much more may come now; what is refused does not count.
  bool admits(uint64_t bytes, int64_t nowMs) {
    auto next = pace;
    if (next.admit(bytes + CHILD_CALL_BYTES, nowMs) > CHILD_AHEAD_MS_MAX) return false;
    pace = next;
    return true;
  }

private:
  BackfillPace pace{CHILD_BYTES_PER_SECOND};
};

}  // namespace skerry
