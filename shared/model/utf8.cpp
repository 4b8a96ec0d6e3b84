#include "shared/model/utf8.h"
#include <cstdint>

namespace skerry {
namespace {

// Bytes of the character at the start of `text`; 0 when there is none.
size_t characterSize(std::string_view text) {
  auto byte = [&](size_t i) { return i < text.size() ? uint8_t(text[i]) : 0u; };
  auto within = [&](size_t i, unsigned low, unsigned high) {
    return byte(i) >= low && byte(i) <= high;
  };
  auto first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return within(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    bool second = within(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
    return second && within(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    bool second = within(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
    return second && within(2, 0x80, 0xbf) && within(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

}  // namespace

size_t firstNotUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    auto size = characterSize(text.substr(at));
    if (size == 0) return at;
    at += size;
  }
  return text.size();
}

std::string repairUtf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (true) {
    auto good = firstNotUtf8(text);
    repaired.append(text.substr(0, good));
    if (good == text.size()) return repaired;
    repaired += "\xef\xbf\xbd";
    text.remove_prefix(good + 1);
  }
}

size_t charactersIn(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += (c & 0xc0) != 0x80;
  return count;
}

}  // namespace skerry
