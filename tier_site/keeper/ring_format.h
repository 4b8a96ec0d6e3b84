// A service's log: a bounded ring in one preallocated file, one writer, any number of readers, no
// locks. Shared by the keeper (C headers only) and the driver.
//
//   offset 0     RingHeader, in the host's byte order
//   offset 4096  data; the byte at log position p is at 4096 + p % capacity
//
// Positions count bytes ever written and never go back. The writer advances `reserved`, writes,
// then advances `committed`. A reader copies, looks at `reserved` again and drops what may have
// been overwritten meanwhile, then what is left of a line that was cut.
// The data are lines "SECONDS.MMM S TEXT\n", wall time; S is o for standard output, e for standard
// error, O and E for a piece of a longer line that the next one of the same stream continues.
#pragma once
#include <stdint.h>

namespace skerry {

struct RingHeader {
  char magic[8];
  uint64_t capacity;
  uint64_t reserved;
  uint64_t committed;
};
constexpr char RING_MAGIC[8] = { 's', 'k', 'r', 'i', 'n', 'g', '1', 0 };
constexpr uint64_t RING_DATA_OFFSET = 4096;

}  // namespace skerry
