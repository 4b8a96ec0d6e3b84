// From where on a machine is called short of something, and how long a look may take.
#pragma once
#include <kj/time.h>
#include <cstddef>
#include <cstdint>

namespace skerry {

// Free for us in the file system of the data folder. Below the first nothing can be relied on: the
// store's log alone grows to about as much; below the second an update of an application may fill
// the disk.
constexpr uint64_t DISK_FREE_BYTES_MIN = 8 << 20;
constexpr uint64_t DISK_FREE_BYTES_LOW = 256 << 20;
constexpr uint64_t DISK_FREE_FILES_MIN = 1000;

// Open files one daemon may need: a site's keepers, engine and log readers; a parent's children.
constexpr uint64_t DESCRIPTORS_OF_SITE = 1024;
constexpr uint64_t DESCRIPTORS_OF_PARENT = 8192;

// 2025-01-01: before this software was written. No right clock is earlier.
constexpr int64_t SOFTWARE_DATE_MS = 1'735'689'600'000;

constexpr size_t PROC_FILE_BYTES_MAX = 16 << 10;

constexpr auto REACH_MAX = 15 * kj::SECONDS;      // name look-up, TCP and TLS with one address
constexpr auto LIVE_ANSWER_MAX = 5 * kj::SECONDS; // of the daemon that serves the folder

// Lines about what is below a tier; what is beyond is counted.
constexpr size_t ATTENTION_LINES_MAX = 100;

}  // namespace skerry
