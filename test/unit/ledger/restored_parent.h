// Random histories of one parent with its own tables and one child: edits, deletions, creations, a
// backup at any moment, restores from any of them at any moment, messages lost. After each restore
// and the reading that follows, the child must hold exactly what it held before (property L7), and
// go on taking new decisions.
#pragma once
#include "test/unit/ledger/history.h"

namespace skerry {

// The first of these seeds after which something was undone, with the text.
std::optional<Found> findUndone(uint64_t firstSeed, uint64_t seeds);

}  // namespace skerry
