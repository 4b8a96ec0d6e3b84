// Which steps of a batch leave a trace. A batch that was gathered from many changes writes some
// rows again and again, a counter with each change: nobody can see any but the last.
#pragma once
#include "shared/store/store.h"

namespace skerry {

// For each step whether it has to be carried out. Of several that write one row only the last has,
// unless the batch looks at rows in between.
std::vector<bool> lastWrites(const std::vector<Batch::Step>& steps);

}  // namespace skerry
