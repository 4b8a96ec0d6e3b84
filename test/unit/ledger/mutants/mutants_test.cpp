// Proves that the property suite notices the mistakes it exists for: the ledger is compiled once
// more with its mutants, and each must violate a property within the seeds that CI runs.
#include "shared/ledger/mutant.h"
#include "test/unit/ledger/restored_parent.h"
#include <doctest/doctest.h>

namespace skerry {

Mutant& mutantInForce() {
  static Mutant inForce = Mutant::NONE;
  return inForce;
}

}  // namespace skerry

using namespace skerry;

namespace {

constexpr uint64_t CI_SEEDS = 2'000;  // as in properties_test.cpp

void isNoticed(Mutant mutant) {
  mutantInForce() = mutant;
  auto found = findViolation(1, CI_SEEDS);
  mutantInForce() = Mutant::NONE;
  REQUIRE_MESSAGE(found.has_value(), "no seed of " << CI_SEEDS << " notices the mutant");
  MESSAGE("noticed at seed " << found->seed << ": " << found->violation);
}

}  // namespace

TEST_CASE("without a mutant nothing is noticed") {
  CHECK_FALSE(findViolation(1, 100).has_value());
}

TEST_CASE("an incarnation that is reused after a wipe is noticed") {
  isNoticed(Mutant::REUSED_INCARNATION);
}

TEST_CASE("a join without live dots is noticed") {
  isNoticed(Mutant::NO_LIVE_DOTS);
}

TEST_CASE("a snapshot that is joined without the carried-dot check is noticed") {
  isNoticed(Mutant::NO_CARRIED_CHECK);
}

TEST_CASE("a context that is advanced before the join is noticed") {
  isNoticed(Mutant::CONTEXT_BEFORE_JOIN);
}

TEST_CASE("a sweep with older orders is noticed") {
  isNoticed(Mutant::OLDER_ORDERS_SWEEP);
}

TEST_CASE("older orders that are accepted are noticed") {
  isNoticed(Mutant::OLDER_ORDERS_ACCEPTED);
}

TEST_CASE("orders held before the root matches are noticed") {
  isNoticed(Mutant::ROOT_NOT_CHECKED);
}

TEST_CASE("a basis by position instead of value is noticed") {
  isNoticed(Mutant::BASIS_BY_POSITION);
}

TEST_CASE("a basis against a revision that is not selected is noticed") {
  isNoticed(Mutant::BASIS_OF_ASSIGNED);
}

TEST_CASE("a projector without its table is noticed") {
  isNoticed(Mutant::NO_PROJECTION_TABLE);
}

TEST_CASE("a restore that begins no new era is noticed") {
  mutantInForce() = Mutant::RESTORE_WITHOUT_ERA;
  auto found = findUndone(1, CI_SEEDS);
  mutantInForce() = Mutant::NONE;
  REQUIRE(found.has_value());
  MESSAGE("noticed at seed " << found->seed << ": " << found->violation);
}

TEST_CASE("a projector without its table is noticed after a restore") {
  mutantInForce() = Mutant::NO_PROJECTION_TABLE;
  auto found = findUndone(1, CI_SEEDS);
  mutantInForce() = Mutant::NONE;
  REQUIRE(found.has_value());
  MESSAGE("noticed at seed " << found->seed << ": " << found->violation);
}
