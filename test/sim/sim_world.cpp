#include "test/sim/sim_world.h"
#include "test/sim/fault_vfs.h"
#include <kj/debug.h>

namespace skerry {

SimWorld::SimWorld(uint64_t seed)
    : waitScope(loop), virtualTimer(kj::origin<kj::TimePoint>()), chance(seed),
      history(virtualTimer), wires(virtualTimer, chance.fork(), history) {
  seedSqlite(seed);
}

void SimWorld::advance(uint64_t deadlineMs, uint64_t limitMs) {
  KJ_IF_MAYBE(next, virtualTimer.nextEvent()) {
    uint64_t nextMs = (*next - kj::origin<kj::TimePoint>()) / kj::MILLISECONDS;
    if (nextMs > deadlineMs) {
      auto deadline = kj::origin<kj::TimePoint>() + deadlineMs * kj::MILLISECONDS;
      virtualTimer.advanceTo(kj::max(deadline, virtualTimer.now()));
      KJ_FAIL_REQUIRE("not done in the virtual time allowed", limitMs, deadlineMs);
    }
    // What was due before now, as a wait for less than nothing, is due now.
    virtualTimer.advanceTo(kj::max(*next, virtualTimer.now()));
    return;
  }
  KJ_FAIL_REQUIRE("everybody waits and no timer runs: what is awaited can never happen", nowMs());
}

}  // namespace skerry
