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
      virtualTimer.advanceTo(kj::origin<kj::TimePoint>() + deadlineMs * kj::MILLISECONDS);
      KJ_FAIL_REQUIRE("not done in the virtual time allowed", limitMs, deadlineMs);
    }
    virtualTimer.advanceTo(*next);
    return;
  }
  KJ_FAIL_REQUIRE("everybody waits and no timer runs: what is awaited can never happen", nowMs());
}

}  // namespace skerry
