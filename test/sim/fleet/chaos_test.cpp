// The long runs: safety while everything breaks, then peace and convergence.
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
constexpr uint64_t MINUTE_MS = 60'000, CONVERGED_WITHIN_MS = 10 * MINUTE_MS;
constexpr size_t TRACE_TAIL_BYTES = 6'000;

uint64_t fromEnvironment(const char* name, uint64_t otherwise) {
  auto value = getenv(name);
  return value == nullptr ? otherwise : std::stoull(value);
}

FleetShape shape() {
  FleetShape shape;
  shape.unjoined = 2;
  return shape;
}

// What went wrong; empty: nothing did.
std::string live(uint64_t seed, uint64_t minutes, std::string& fingerprint) {
  Fleet fleet(seed, shape());
  Wishes wishes;
  Invariants invariants(fleet, wishes);
  std::string wrong;
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&]() {
    fleet.boot();
    Chaos chaos(fleet, wishes, invariants);
    chaos.run(minutes * MINUTE_MS);
    if (invariants.broken().empty()) {
      chaos.heal();
      chaos.converge(CONVERGED_WITHIN_MS);
    }
  })) {
    wrong = reason->getDescription().cStr();
  }
  for (auto& finding : invariants.broken()) wrong += "\n" + finding;
  fingerprint = fleet.fingerprint();
  return wrong;
}

TEST_CASE("a fleet survives an hour of edits and faults, and converges in peace") {
  auto first = fromEnvironment("SEED", 1);
  auto count = fromEnvironment("SEEDS", getenv("SEED") == nullptr ? SEEDS_IN_CI : 1);
  for (auto seed = first; seed < first + count; ++seed) {
    std::string trace;
    auto wrong = live(seed, fromEnvironment("MINUTES", MINUTES_IN_CI), trace);
    if (getenv("TRACE") != nullptr) std::cout << trace << std::endl;
    auto tail = trace.substr(trace.size() - std::min(trace.size(), TRACE_TAIL_BYTES));
    CHECK_MESSAGE(wrong.empty(), "SEED=" << seed << ": " << wrong << "\n...\n" << tail
                                         << "\nagain: scripts/replay " << seed);
  }
}

TEST_CASE("equal seeds live equal lives, byte for byte") {
  std::string once, again, other;
  CHECK(live(7, 4, once) == "");
  CHECK(live(7, 4, again) == "");
  CHECK(once == again);
  CHECK(live(8, 4, other) == "");
  CHECK(once != other);
}

}  // namespace
}  // namespace skerry
