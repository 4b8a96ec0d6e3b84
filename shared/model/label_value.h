// How two label values compare: by what they look like.
#pragma once
#include <compare>
#include <optional>
#include <string_view>

namespace skerry {

// Of numbers, sizes, versions and durations; absent when one of the two is none, or they do not go
// together. What reads as a size (`500m`) is one, unless the other side can only be a duration.
std::optional<std::strong_ordering> compareValues(std::string_view a, std::string_view b);
// Whether it can stand beside `<`.
bool isComparable(std::string_view text);

}  // namespace skerry
