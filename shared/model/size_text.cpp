#include "shared/model/size_text.h"
#include <charconv>

namespace skerry {
namespace {

constexpr std::string_view UNITS = "kmgtp";
constexpr uint64_t SIZE_BYTES_MAX = uint64_t(1) << 60;
constexpr uint64_t MILLI_READ_MAX = 1'000'000'000'000'000;
constexpr size_t DIGITS_MAX = 18;

// A decimal number at the start of `text`, in units of 1/`scale`; digits beyond are refused unless
// they are zero. Takes what it read off `text`.
std::optional<unsigned __int128> takeDecimal(std::string_view& text, uint64_t scale) {
  unsigned __int128 value = 0;
  size_t digits = 0;
  auto isDigit = [&] { return !text.empty() && text[0] >= '0' && text[0] <= '9'; };
  for (; isDigit(); text.remove_prefix(1)) {
    if (++digits > DIGITS_MAX) return std::nullopt;
    value = value * 10 + (text[0] - '0');
  }
  if (digits == 0) return std::nullopt;
  value *= scale;
  if (text.empty() || text[0] != '.') return value;
  text.remove_prefix(1);
  if (!isDigit()) return std::nullopt;
  for (uint64_t unit = scale; isDigit(); text.remove_prefix(1)) {
    if (unit < 10 && text[0] != '0') return std::nullopt;
    unit /= 10;
    value += unit * (text[0] - '0');
  }
  return value;
}

}  // namespace

std::optional<uint64_t> parseSize(std::string_view text) {
  constexpr uint64_t SCALE = 1'000'000;
  auto number = takeDecimal(text, SCALE);
  if (!number) return std::nullopt;
  int shift = 0;
  if (!text.empty()) {
    auto unit = UNITS.find(text[0] | 0x20);
    if (unit != UNITS.npos) {
      shift = 10 * (int(unit) + 1);
      text.remove_prefix(1);
      if (!text.empty() && (text[0] | 0x20) == 'i') text.remove_prefix(1);
    }
    if (!text.empty() && (text[0] | 0x20) == 'b') text.remove_prefix(1);
  }
  if (!text.empty()) return std::nullopt;
  if (*number / SCALE >= (SIZE_BYTES_MAX >> shift)) return std::nullopt;
  return uint64_t((*number << shift) / SCALE);
}

std::string printSize(uint64_t bytes) {
  size_t unit = 0;
  while (bytes != 0 && bytes % 1024 == 0 && unit < UNITS.size()) {
    bytes /= 1024;
    ++unit;
  }
  auto text = std::to_string(bytes);
  if (unit > 0) text += {char(UNITS[unit - 1] & ~0x20), 'i'};
  return text;
}

std::optional<uint64_t> parseCpuMilli(std::string_view text) {
  bool milli = !text.empty() && text.back() == 'm';
  if (milli) text.remove_suffix(1);
  auto number = takeDecimal(text, milli ? 1 : 1000);
  if (!number || !text.empty() || *number >= MILLI_READ_MAX) return std::nullopt;
  return uint64_t(*number);
}

std::string printCpuMilli(uint64_t milli) {
  if (milli % 1000 == 0) return std::to_string(milli / 1000);
  return std::to_string(milli) + "m";
}

}  // namespace skerry
