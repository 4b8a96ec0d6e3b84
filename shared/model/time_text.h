// Durations and times as people write and read them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skerry {

// `90s`, `15m`, `1h30m`, `7d`, `250ms`: whole numbers, units from the largest to the smallest, each
// once. Milliseconds, or absent.
std::optional<int64_t> parseDurationMs(std::string_view text);
// The shortest such text for the same duration: `1h30m`, `0s`.
std::string printDuration(int64_t ms);
// A duration for a table, its largest unit or two: `5s`, `12m`, `3h`, `4d`. Below zero is `0s`.
std::string printAge(int64_t ms);

// RFC 3339 in UTC, to the second, or to the millisecond where there is a fraction.
std::string printTime(int64_t unixMs);
// To the second, for a person.
std::string printTimeToSecond(int64_t unixMs);
// Any RFC 3339 time. Milliseconds since the Unix epoch, or absent.
std::optional<int64_t> parseTime(std::string_view text);

}  // namespace skerry
