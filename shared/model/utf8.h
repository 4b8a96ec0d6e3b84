// UTF-8 (RFC 3629): no overlong forms, no surrogates.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace skerry {

// Where the first byte is that is no UTF-8; the size of `text` when all of it is.
size_t firstNotUtf8(std::string_view text);
// With U+FFFD for each such byte.
std::string repairUtf8(std::string_view text);
// Columns `text` takes on a terminal, every character counted as one.
size_t charactersIn(std::string_view text);

}  // namespace skerry
