#include "test/unit/ledger/history.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

// One generator of histories checks all properties in each of them; the cases split the seeds so
// that they can be run one by one.
void noneViolates(uint64_t firstSeed, uint64_t seeds) {
  auto found = findViolation(firstSeed, seeds);
  std::string text = found ? "seed " + std::to_string(found->seed) + ": " + found->violation : "";
  CHECK_MESSAGE(!found, text);
}

}  // namespace

TEST_CASE("2,000 random histories converge, lose nothing, undo nothing and obey their parents") {
  noneViolates(1, 2'000);
}
