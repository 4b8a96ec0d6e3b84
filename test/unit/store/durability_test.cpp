#include "test/unit/store/history.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr uint64_t SEEDS = 60;
constexpr uint64_t MUTANT_SEEDS = 10;

uint64_t seedsThatCatch(Mutant mutant) {
  uint64_t caught = 0;
  for (uint64_t seed = 1; seed <= MUTANT_SEEDS; ++seed) {
    caught += runHistory(seed, mutant).findings.broken();
  }
  return caught;
}

TEST_CASE("an acknowledged row survives power cuts, torn writes, full disks and I/O errors") {
  HistoryReport sum;
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    auto report = runHistory(seed, Mutant::NONE);
    CAPTURE(seed);
    CHECK(report.findings.lost == 0);
    CHECK(report.findings.invented == 0);
    CHECK(report.findings.halves == 0);
    CHECK(report.findings.versionsBack == 0);
    CHECK(report.findings.corruptFiles == 0);
    sum.acknowledged += report.acknowledged;
    sum.refused += report.refused;
    sum.disk.cutInCall += report.disk.cutInCall;
    sum.disk.fullWrites += report.disk.fullWrites;
    sum.disk.failedCalls += report.disk.failedCalls;
    sum.disk.lostWrites += report.disk.lostWrites;
    sum.disk.tornWrites += report.disk.tornWrites;
  }
  MESSAGE(sum.acknowledged, " acknowledged, ", sum.refused, " refused, ", sum.disk.cutInCall,
          " power cuts inside a call, ", sum.disk.failedCalls, " failed calls, ",
          sum.disk.lostWrites, " lost and ", sum.disk.tornWrites, " torn writes");
  CHECK(sum.acknowledged > 100 * SEEDS);
  CHECK(sum.refused > SEEDS);
  CHECK(sum.disk.cutInCall > SEEDS);
  CHECK(sum.disk.fullWrites > SEEDS);
  CHECK(sum.disk.failedCalls > SEEDS);
  CHECK(sum.disk.lostWrites > SEEDS);
  CHECK(sum.disk.tornWrites > 0);
}

TEST_CASE("the histories notice a store that answers before it has committed") {
  CHECK(seedsThatCatch(Mutant::ANSWERS_BEFORE_COMMIT) > MUTANT_SEEDS / 2);
}

TEST_CASE("the histories notice a store that does not wait for the disk") {
  CHECK(seedsThatCatch(Mutant::SYNCHRONOUS_NORMAL) > MUTANT_SEEDS / 2);
}

TEST_CASE("the histories notice a disk whose sync lies") {
  CHECK(seedsThatCatch(Mutant::SYNC_LIES) > MUTANT_SEEDS / 2);
}

TEST_CASE("equal seeds leave byte-identical disks, others do not") {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    auto first = runHistory(seed, Mutant::NONE), second = runHistory(seed, Mutant::NONE);
    CHECK(first.diskDigest == second.diskDigest);
    CHECK(first.acknowledged == second.acknowledged);
    CHECK(first.disk.calls == second.disk.calls);
    CHECK(first.diskDigest != runHistory(seed + 1, Mutant::NONE).diskDigest);
  }
}

}  // namespace
}  // namespace skerry
