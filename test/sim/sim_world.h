// Whole fleets in one thread, on virtual time: everything that happens follows from one seed.
//
//   SimWorld world(seed);
//   SimHost region(world, "region", startRegion), site(world, "site", startSite);
//   region.powerOn();
//   world.run(world.sleep(10'000), 20'000);
//
// Time stands still while anything can run, then jumps to the next timer.
#pragma once
#include "test/sim/seeded_entropy.h"
#include "test/sim/sim_network.h"
#include "test/sim/sim_trace.h"
#include <kj/async.h>
#include <kj/timer.h>

namespace skerry {

// What every simulated wall clock shows when the world begins, before its own error.
constexpr int64_t SIM_WALL_START_MS = 1'700'000'000'000;

// One at a time in a thread. Hosts, and promises made in it, are gone before it.
class SimWorld {
public:
  explicit SimWorld(uint64_t seed);
  KJ_DISALLOW_COPY(SimWorld);

  // Runs the world until `promise` resolves, and returns or throws its outcome. FAILED when it is
  // not done in `limitMs` of virtual time, or when everybody waits and no timer runs.
  template <typename T>
  T run(kj::Promise<T> promise, uint64_t limitMs) {
    uint64_t deadlineMs = nowMs() + limitMs;
    while (!promise.poll(waitScope)) advance(deadlineMs, limitMs);
    return promise.wait(waitScope);
  }
  void runFor(uint64_t ms) { run(sleep(ms), ms); }
  kj::Promise<void> sleep(uint64_t ms) { return virtualTimer.afterDelay(ms * kj::MILLISECONDS); }

  uint64_t nowMs() const { return history.nowMs(); }
  kj::Timer& timer() { return virtualTimer; }
  kj::WaitScope& scope() { return waitScope; }
  SimNetwork& network() { return wires; }
  SeededEntropy& entropy() { return chance; }
  SimTrace& trace() { return history; }

private:
  void advance(uint64_t deadlineMs, uint64_t limitMs);

  kj::EventLoop loop;  // without a port: it never sleeps and never looks outside
  kj::WaitScope waitScope;
  kj::TimerImpl virtualTimer;
  SeededEntropy chance;
  SimTrace history;
  SimNetwork wires;
};

}  // namespace skerry
