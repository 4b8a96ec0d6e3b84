#include "shared/crypto/bytes.h"

namespace skerry {

namespace {

constexpr char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// 64 for a character outside the alphabet.
uint32_t sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  if (c == '_') return 63;
  return 64;
}

}  // namespace

std::string hex(BytesView bytes) {
  constexpr char DIGITS[] = "0123456789abcdef";
  std::string result;
  result.reserve(bytes.size() * 2);
  for (auto byte : bytes) {
    result += DIGITS[byte >> 4];
    result += DIGITS[byte & 15];
  }
  return result;
}

std::string base64url(BytesView bytes) {
  std::string result;
  result.reserve((bytes.size() * 4 + 2) / 3);
  uint32_t held = 0;
  int bits = 0;
  for (auto byte : bytes) {
    held = (held << 8 | byte) & 0xffff;
    for (bits += 8; bits >= 6; bits -= 6) result += ALPHABET[held >> (bits - 6) & 63];
  }
  if (bits > 0) result += ALPHABET[held << (6 - bits) & 63];
  return result;
}

bool fromBase64url(std::string_view encoded, Bytes& decoded) {
  decoded.clear();
  decoded.reserve(encoded.size() * 3 / 4);
  uint32_t held = 0;
  int bits = 0;
  for (char c : encoded) {
    uint32_t value = sextet(c);
    if (value == 64) return false;
    held = (held << 6 | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      decoded.push_back(held >> bits & 0xff);
    }
  }
  // Six bits over cannot come from whole bytes; others must be the zeros the encoder put there, so
  // that no two texts mean the same bytes.
  return bits < 6 && (held & ((1u << bits) - 1)) == 0;
}

}  // namespace skerry
