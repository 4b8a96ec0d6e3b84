// The long runs: safety while everything breaks, then peace and convergence. The seed draws how
// large the fleet is and how slow its links, disks and engines are, too.
//
//   SEED=N     that seed; scripts/replay does this
//   SEEDS=N    so many, from SEED or 1 on
//   MINUTES=N  so many virtual minutes of faults
//   TRACE=1    prints everything that happened
#include "test/sim/fleet/chaos.h"
#include <doctest/doctest.h>
#include <iostream>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr uint64_t SEEDS_IN_CI = 10, MINUTES_IN_CI = 60;
constexpr uint64_t SHORT_MINUTES_MIN = 8, SHORT_MINUTES_MAX = 20;
constexpr uint64_t MINUTE_MS = 60'000, CONVERGED_WITHIN_MS = 10 * MINUTE_MS;
constexpr size_t TRACE_TAIL_BYTES = 6'000;
constexpr uint64_t PROBED_SEEDS_MIN = 20;  // fewer lives need not have seen everything

uint64_t fromEnvironment(const char* name, uint64_t otherwise) {
  auto value = getenv(name);
  return value == nullptr ? otherwise : std::stoull(value);
}

FleetShape usual() {
  FleetShape shape;
  shape.unjoined = 2;
  return shape;
}

// Most fleets are small, so that there are many of them.
FleetShape drawn(SeededEntropy& chance) {
  FleetShape shape;
  shape.regions = chance.between(1, 3);
  shape.sites = chance.between(1, chance.chance(20) ? 12 : 5);
  shape.unjoined = chance.between(0, std::min<size_t>(3, shape.sites - 1));
  shape.latencyMsMax = chance.chance(30) ? 300 : 20;
  shape.diskMsMax = chance.chance(30) ? 25 : 5;
  shape.engineMsMax = chance.chance(30) ? 300 : 60;
  return shape;
}

struct Life {
  std::string wrong;  // empty: nothing
  std::string trace;
};

Life live(uint64_t seed, uint64_t minutes, FleetShape shape, Probes& probes) {
  Fleet fleet(seed, shape);
  Wishes wishes;
  Invariants invariants(fleet, wishes, probes);
  Life life;
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&]() {
    fleet.boot();
    Chaos chaos(fleet, wishes, invariants, probes);
    chaos.run(minutes * MINUTE_MS);
    if (invariants.broken().empty()) {
      chaos.heal();
      chaos.converge(CONVERGED_WITHIN_MS);
    }
  })) {
    life.wrong = reason->getDescription().cStr();
  }
  for (auto& finding : invariants.broken()) life.wrong += "\n" + finding;
  for (auto machine : fleet.machines()) probes.count(machine->host.disk());
  life.trace = fleet.fingerprint();
  return life;
}

// Of `kind`: as scripts/replay calls it.
void judge(const Life& life, uint64_t seed, const char* kind) {
  if (getenv("TRACE") != nullptr) std::cout << life.trace << std::endl;
  auto& trace = life.trace;
  auto tail = trace.substr(trace.size() - std::min(trace.size(), TRACE_TAIL_BYTES));
  CHECK_MESSAGE(life.wrong.empty(), "SEED=" << seed << ": " << life.wrong << "\n...\n" << tail
                                            << "\nagain: scripts/replay " << kind << seed);
}

TEST_CASE("a fleet survives an hour of edits and faults, and converges in peace") {
  Probes probes;
  auto first = fromEnvironment("SEED", 1);
  auto count = fromEnvironment("SEEDS", getenv("SEED") == nullptr ? SEEDS_IN_CI : 1);
  for (auto seed = first; seed < first + count; ++seed) {
    judge(live(seed, fromEnvironment("MINUTES", MINUTES_IN_CI), usual(), probes), seed, "");
  }
}

TEST_CASE("fleets of every shape survive a while of edits and faults, and take every rare path") {
  Probes probes;
  auto first = fromEnvironment("SEED", 1);
  auto count = fromEnvironment("SEEDS", getenv("SEED") == nullptr ? SEEDS_IN_CI : 1);
  for (auto seed = first; seed < first + count; ++seed) {
    SeededEntropy chance(seed);
    auto shape = drawn(chance);
    auto minutes = chance.between(SHORT_MINUTES_MIN, SHORT_MINUTES_MAX);
    judge(live(seed, fromEnvironment("MINUTES", minutes), shape, probes), seed, "--short ");
  }
  if (count < PROBED_SEEDS_MIN) return;
  for (auto& [name, hits] : probes.counts()) MESSAGE(name << ": " << hits);
  for (auto& name : probes.neverReached()) FAIL_CHECK("never reached: " << name);
}

TEST_CASE("equal seeds live equal lives, byte for byte") {
  Probes probes;
  auto once = live(7, 4, usual(), probes), again = live(7, 4, usual(), probes);
  auto other = live(8, 4, usual(), probes);
  CHECK(once.wrong == "");
  CHECK(again.wrong == "");
  CHECK(once.trace == again.trace);
  CHECK(other.wrong == "");
  CHECK(once.trace != other.trace);
}

}  // namespace
}  // namespace skerry
