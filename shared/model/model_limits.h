// Every bound on what people write: manifests, label expressions and what is inside them.
#pragma once
#include <cstddef>
#include <cstdint>

namespace skerry {

// A manifest file.
constexpr size_t MANIFEST_FILE_BYTES_MAX = 1 << 20;
constexpr size_t YAML_DEPTH_MAX = 32;
constexpr size_t YAML_DOCUMENTS_MAX = 1000;
constexpr size_t YAML_NODES_MAX = 200'000;
constexpr size_t PROBLEMS_MAX = 200;  // of one file; the rest are counted in the last one

// What lines are searched for.
constexpr size_t PATTERN_BYTES_MAX = 256;

// What an object may hold.
constexpr size_t NAME_BYTES_MAX = 63;  // a DNS label (RFC 1123)
constexpr size_t LABELS_MAX = 64;      // of one site
constexpr size_t LABEL_NAME_BYTES_MAX = 63;
constexpr size_t LABEL_VALUE_BYTES_MAX = 253;
constexpr size_t SERVICES_MAX = 64;    // of one application
constexpr size_t VARIABLES_MAX = 512;  // of one service
constexpr size_t VARIABLE_BYTES_MAX = 32 << 10;
constexpr size_t ARGUMENTS_MAX = 256;  // of a command
constexpr size_t ARGUMENT_BYTES_MAX = 32 << 10;
// Of a process: what a keeper is told holds 128 KiB and 256 variables, ours among them.
constexpr size_t PROCESS_BYTES_MAX = 124 << 10;  // see processBytes()
constexpr size_t PROCESS_VARIABLES_MAX = 250;
constexpr size_t PORTS_MAX = 64;  // of one service
constexpr size_t IMAGE_BYTES_MAX = 512;
constexpr size_t USER_BYTES_MAX = 64;
constexpr size_t TIMEZONE_BYTES_MAX = 64;
constexpr int32_t PRIORITY_MAX = 100;
constexpr uint64_t CPU_MILLI_MAX = 1'024'000;
constexpr uint64_t MEMORY_LIMIT_BYTES_MIN = 1 << 20;  // less is a forgotten unit
constexpr uint64_t MEMORY_LIMIT_BYTES_MAX = uint64_t(1) << 50;
constexpr uint32_t PIDS_LIMIT_MAX = 4'194'304;  // what the kernel counts to
constexpr uint32_t RESTARTS_MAX = 1'000'000;

// A label expression.
constexpr size_t SELECTOR_BYTES_MAX = 1024;
constexpr size_t SELECTOR_DEPTH_MAX = 64;

// A path inside an application, as overrides name it.
constexpr size_t PATH_BYTES_MAX = 512;

}  // namespace skerry
