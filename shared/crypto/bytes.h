// Bytes as values: comparable, copyable, usable as a map key.
#pragma once
#include <kj/common.h>
#include <kj/string.h>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skerry {

using Bytes = std::vector<uint8_t>;
// Borrowed; must not outlive what it points into.
using BytesView = kj::ArrayPtr<const kj::byte>;

inline BytesView view(const Bytes& bytes) { return {bytes.data(), bytes.size()}; }
inline BytesView view(std::string_view text) {
  return {reinterpret_cast<const kj::byte*>(text.data()), text.size()};
}
inline Bytes copy(BytesView bytes) { return Bytes(bytes.begin(), bytes.end()); }
inline std::string text(BytesView bytes) {
  return std::string(bytes.asChars().begin(), bytes.size());
}
inline std::string text(kj::StringPtr from) { return std::string(from.begin(), from.size()); }

// Lower-case hexadecimal.
std::string hex(BytesView bytes);

// RFC 4648 section 5, no padding. Decoding fails (false) on any other character.
std::string base64url(BytesView bytes);
bool fromBase64url(std::string_view encoded, Bytes& decoded);

}  // namespace skerry
