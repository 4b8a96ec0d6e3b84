#include "shared/model/time_text.h"
#include <array>
#include <cstdio>

namespace skerry {
namespace {

struct Unit {
  std::string_view name;
  int64_t ms;
};
constexpr std::array<Unit, 5> UNITS{{{"d", 86'400'000},
                                     {"h", 3'600'000},
                                     {"m", 60'000},
                                     {"s", 1'000},
                                     {"ms", 1}}};
constexpr int64_t DURATION_MS_MAX = int64_t(100) * 365 * 86'400'000;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// Days since 1970-01-01 of a proleptic Gregorian date, and back (Howard Hinnant, "chrono-Compatible
// Low-Level Date Algorithms").
int64_t daysOf(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t yearOfEra = year - era * 400;
  int64_t dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}

struct Date {
  int64_t year;
  int month, day;
};
Date dateOf(int64_t days) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t dayOfEra = days - era * 146097;
  int64_t yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  int64_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  int64_t shifted = (5 * dayOfYear + 2) / 153;
  int day = int(dayOfYear - (153 * shifted + 2) / 5 + 1);
  int month = int(shifted < 10 ? shifted + 3 : shifted - 9);
  return {yearOfEra + era * 400 + (month <= 2), month, day};
}

// Exactly `count` digits at the start of `text`, which they are taken off; -1: there are not.
int takeDigits(std::string_view& text, size_t count) {
  int value = 0;
  if (text.size() < count) return -1;
  for (size_t i = 0; i < count; ++i) {
    if (!isDigit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view anyOf) {
  if (text.empty() || anyOf.find(text[0]) == anyOf.npos) return false;
  text.remove_prefix(1);
  return true;
}

// The offset from UTC at the end of a time, in minutes.
std::optional<int> takeZone(std::string_view& text) {
  if (take(text, "Zz")) return 0;
  int sign = !text.empty() && text[0] == '-' ? -1 : 1;
  if (!take(text, "+-")) return std::nullopt;
  int hours = takeDigits(text, 2);
  if (hours < 0 || hours > 23 || !take(text, ":")) return std::nullopt;
  int minutes = takeDigits(text, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  return sign * (hours * 60 + minutes);
}

}  // namespace

std::optional<int64_t> parseDurationMs(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int64_t total = 0;
  size_t next = 0;  // units before this one were used already
  while (!text.empty()) {
    int64_t number = 0;
    size_t digits = 0;
    for (; digits < text.size() && isDigit(text[digits]); ++digits) {
      if (digits >= 15) return std::nullopt;
      number = number * 10 + (text[digits] - '0');
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    size_t letters = 0;
    while (letters < text.size() && !isDigit(text[letters])) ++letters;
    auto name = text.substr(0, letters);
    text.remove_prefix(letters);
    while (next < UNITS.size() && UNITS[next].name != name) ++next;
    if (next == UNITS.size() || number > DURATION_MS_MAX / UNITS[next].ms) return std::nullopt;
    total += number * UNITS[next++].ms;
    if (total > DURATION_MS_MAX) return std::nullopt;
  }
  return total;
}

std::string printDuration(int64_t ms) {
  if (ms <= 0) return "0s";
  std::string text;
  for (auto& unit : UNITS) {
    if (auto count = ms / unit.ms) text += std::to_string(count) + std::string(unit.name);
    ms %= unit.ms;
  }
  return text;
}

std::string printAge(int64_t ms) {
  if (ms < 1000) return "0s";
  constexpr int64_t FINE_BELOW = 3;  // of the largest unit: below, the next one is shown too
  for (size_t i = 0; i < UNITS.size(); ++i) {
    auto count = ms / UNITS[i].ms;
    if (count == 0) continue;
    auto text = std::to_string(count) + std::string(UNITS[i].name);
    if (count < FINE_BELOW && UNITS[i].ms > 1000) {
      auto rest = ms % UNITS[i].ms / UNITS[i + 1].ms;
      if (rest > 0) text += std::to_string(rest) + std::string(UNITS[i + 1].name);
    }
    return text;
  }
  return "0s";
}

std::string printTime(int64_t unixMs) {
  constexpr int64_t DAY_MS = 86'400'000;
  // Any value may come from another machine.
  auto days = unixMs / DAY_MS, rest = unixMs % DAY_MS;
  if (rest < 0) {
    --days;
    rest += DAY_MS;
  }
  auto date = dateOf(days);
  char text[64];
  auto size = snprintf(text, sizeof(text), "%04lld-%02d-%02dT%02d:%02d:%02d",
                       static_cast<long long>(date.year), date.month, date.day,
                       int(rest / 3'600'000), int(rest / 60'000 % 60), int(rest / 1000 % 60));
  std::string printed(text, size);
  if (auto ms = int(rest % 1000)) {
    size = snprintf(text, sizeof(text), ".%03d", ms);
    printed.append(text, size);
  }
  return printed + "Z";
}

std::string printTimeToSecond(int64_t unixMs) { return printTime(unixMs / 1000 * 1000); }

std::optional<int64_t> parseTime(std::string_view text) {
  int year = takeDigits(text, 4);
  if (year < 0 || !take(text, "-")) return std::nullopt;
  int month = takeDigits(text, 2);
  if (month < 1 || month > 12 || !take(text, "-")) return std::nullopt;
  int day = takeDigits(text, 2);
  if (day < 1 || !take(text, "Tt ")) return std::nullopt;
  auto days = daysOf(year, month, day);
  auto back = dateOf(days);
  if (back.month != month || back.day != day) return std::nullopt;
  int hour = takeDigits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ":")) return std::nullopt;
  int minute = takeDigits(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ":")) return std::nullopt;
  int second = takeDigits(text, 2);
  if (second < 0 || second > 60) return std::nullopt;
  int64_t fraction = 0;
  if (take(text, ".")) {
    if (text.empty() || !isDigit(text[0])) return std::nullopt;
    for (int64_t unit = 100; !text.empty() && isDigit(text[0]); text.remove_prefix(1)) {
      fraction += (text[0] - '0') * unit;
      unit /= 10;
    }
  }
  auto zone = takeZone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return ((days * 24 + hour) * 60 + minute - *zone) * 60'000 + second * 1000 + fraction;
}

}  // namespace skerry
