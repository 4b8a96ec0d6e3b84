// The limits of shared/host (see also Ended::OUTPUT_BYTES_MAX in host.h).
#pragma once
#include <cstddef>
#include <cstdint>

namespace skerry {

constexpr size_t CHILDREN_MAX = 256;  // children at once; run() fails OVERLOADED beyond it
// Output of a child read in one go; one that writes faster waits, so that the loop turns.
constexpr size_t OUTPUT_BURST_BYTES_MAX = 1 << 20;
constexpr uint64_t OUTPUT_PAUSE_MS = 1;

}  // namespace skerry
