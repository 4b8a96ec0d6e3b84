// The limits of what a site measures.
#pragma once
#include <kj/time.h>
#include <cstddef>
#include <cstdint>

namespace skerry {

constexpr auto SAMPLE_EVERY = 20 * kj::SECONDS;
constexpr size_t SAMPLES_MAX = 180;              // kept of each series: one hour
constexpr uint64_t CPU_WINDOW_MS = 60 * 1'000;   // over which use of a processor is averaged
constexpr size_t MEASURED_INSTANCES_MAX = 1'000; // of one host; 24 bytes a sample
constexpr size_t USAGE_FILE_BYTES_MAX = 64 << 10; // read of one file of the system's

}  // namespace skerry
