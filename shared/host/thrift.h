// Memory that busy moments took and waiting does not need.
#pragma once

namespace skerry {

// Hands freed heap back to the system, and lets go of the pages of programs and libraries, nearly
// all of which starting touched: they stay in the page cache while there is room, and what is used
// again is mapped again for the price of a minor fault. Only the heap where /proc/self/smaps cannot
// be read.
void giveBackMemory();

}  // namespace skerry
