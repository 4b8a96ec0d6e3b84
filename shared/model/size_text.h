// Sizes and shares as people write them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skerry {

// `128M`, `64Mi`, `1.5g`, `1024`: bytes; units k m g t p, each with or without `i` and `b`, all of
// them powers of 1,024 as in the Compose specification. Absent when it is none or not below 2^60.
std::optional<uint64_t> parseSize(std::string_view text);
// `128Mi`: the largest unit that needs no fraction.
std::string printSize(uint64_t bytes);

// `0.5`, `2`, `500m`: thousandths of a CPU. Absent when it is none, finer than a
// thousandth, or not below 10^15 of them.
std::optional<uint64_t> parseCpuMilli(std::string_view text);
std::string printCpuMilli(uint64_t milli);

}  // namespace skerry
