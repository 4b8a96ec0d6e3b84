#include "shared/model/label_value.h"
#include "shared/model/time_text.h"
#include <array>
#include <cstdint>
#include <string>

namespace skerry {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// `0012` is the name of something, and not 12.
bool hasLeadingZero(std::string_view text, size_t digits) { return digits > 1 && text[0] == '0'; }

// A number or a size, in millionths.
using Millionths = __int128;
constexpr Millionths MILLION = 1'000'000;
constexpr size_t WHOLE_DIGITS_MAX = 15;
constexpr size_t FRACTION_DIGITS_MAX = 6;
constexpr Millionths LARGEST = Millionths(~static_cast<unsigned __int128>(0) >> 1);

// The factor of a unit, in millionths; 0 when it is none.
Millionths unitOf(std::string_view unit) {
  if (unit.empty()) return MILLION;
  if (unit == "m") return MILLION / 1000;
  static constexpr std::string_view LETTERS = "KMGTP";
  auto power = unit[0] == 'k' ? 0 : LETTERS.find(unit[0]);
  if (power == LETTERS.npos) return 0;
  auto rest = unit.substr(1);
  if (!rest.empty() && rest != "i" && rest != "B" && rest != "iB") return 0;
  return MILLION << (10 * (power + 1));
}

std::optional<Millionths> numberOf(std::string_view text) {
  bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  Millionths value = 0;
  size_t whole = 0, fraction = 0;
  for (; whole < text.size() && isDigit(text[whole]); ++whole) {
    if (whole == WHOLE_DIGITS_MAX) return std::nullopt;
    value = value * 10 + (text[whole] - '0');
  }
  if (whole == 0 || hasLeadingZero(text, whole)) return std::nullopt;
  text.remove_prefix(whole);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    for (; fraction < text.size() && isDigit(text[fraction]); ++fraction) {
      if (fraction == FRACTION_DIGITS_MAX) return std::nullopt;
      value = value * 10 + (text[fraction] - '0');
    }
    if (fraction == 0) return std::nullopt;
    text.remove_prefix(fraction);
  }
  auto unit = unitOf(text);
  if (unit == 0 || value > LARGEST / unit) return std::nullopt;
  value *= unit;
  for (; fraction > 0; --fraction) value /= 10;
  return negative ? -value : value;
}

constexpr size_t VERSION_PARTS_MAX = 4;

struct Version {
  std::array<uint64_t, VERSION_PARTS_MAX> parts{};
  size_t count = 0;
  std::string_view suffix;  // after a hyphen: before the release it names, as in semver
};

// `1.4.2`, `v1.5`, `2.0.0-rc1`. Without a `v` and with less than three parts it is also a number.
std::optional<Version> versionOf(std::string_view text) {
  Version version;
  if (!text.empty() && text[0] == 'v') text.remove_prefix(1);
  while (true) {
    size_t digits = 0;
    uint64_t part = 0;
    for (; digits < text.size() && isDigit(text[digits]); ++digits) {
      part = part * 10 + (text[digits] - '0');
    }
    bool fits = digits > 0 && digits <= WHOLE_DIGITS_MAX && version.count < VERSION_PARTS_MAX;
    if (!fits || (version.count == 0 && hasLeadingZero(text, digits))) return std::nullopt;
    version.parts[version.count++] = part;
    text.remove_prefix(digits);
    if (text.empty()) return version;
    if (text[0] == '-' && text.size() > 1) {
      version.suffix = text.substr(1);
      return version;
    }
    if (text[0] != '.') return std::nullopt;
    text.remove_prefix(1);
  }
}

std::strong_ordering compare(const Version& a, const Version& b) {
  if (auto order = a.parts <=> b.parts; order != 0) return order;
  if (a.suffix.empty() != b.suffix.empty()) {
    return a.suffix.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
  }
  return a.suffix <=> b.suffix;
}

}  // namespace

std::optional<std::strong_ordering> compareValues(std::string_view a, std::string_view b) {
  auto left = numberOf(a), right = numberOf(b);
  if (left && right) {
    return *left < *right   ? std::strong_ordering::less
           : *left > *right ? std::strong_ordering::greater
                            : std::strong_ordering::equal;
  }
  auto older = versionOf(a), newer = versionOf(b);
  if (older && newer) return compare(*older, *newer);
  auto shorter = parseDurationMs(a), longer = parseDurationMs(b);
  if (shorter && longer) return *shorter <=> *longer;
  return std::nullopt;
}

bool isComparable(std::string_view text) {
  return numberOf(text) || versionOf(text) || parseDurationMs(text);
}

}  // namespace skerry
