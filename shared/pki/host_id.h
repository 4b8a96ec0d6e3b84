// What people call a host by that nobody let in yet: the first 128 bits of the SHA-256 of its
// device key, as 32 hexadecimal digits. To imitate one takes 2^128 keys.
#pragma once
#include "shared/crypto/hash.h"
#include <string>
#include <string_view>

namespace skerry {

constexpr size_t HOST_ID_DIGITS = 32;

inline std::string hostId(const Hash& deviceKey) {
  return deviceKey.hex().substr(0, HOST_ID_DIGITS);
}

inline bool isHostId(std::string_view text) {
  return text.size() == HOST_ID_DIGITS &&
         text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace skerry
