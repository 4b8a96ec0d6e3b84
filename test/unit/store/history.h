// One store under faults drawn by a seed: booted again and again, written to by several callers at
// once, its power cut, its process killed, its disk full or failing; after each boot everything
// that was ever acknowledged is looked for.
#pragma once
#include "test/sim/fault_vfs.h"
#include "test/unit/store/promises.h"

namespace skerry {

// A deliberate mistake, to show that the histories would find it.
enum class Mutant { NONE, ANSWERS_BEFORE_COMMIT, SYNCHRONOUS_NORMAL, SYNC_LIES };

struct HistoryReport {
  Findings findings;
  uint64_t acknowledged = 0, boots = 0, refused = 0;
  uint64_t diskDigest = 0;
  MemoryDisk::Counts disk;
};

HistoryReport runHistory(uint64_t seed, Mutant mutant);

}  // namespace skerry
