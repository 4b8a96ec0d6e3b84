#include "tier_site/drivers/log_frames.h"
#include "tier_site/drivers/driver_limits.h"
#include <algorithm>
#include <charconv>
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr size_t HEADER_BYTES = 8;

// Howard Hinnant, "chrono-compatible low-level date algorithms".
int64_t daysFromCivil(int64_t year, unsigned month, unsigned day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  auto yearOfEra = unsigned(year - era * 400);
  unsigned dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  unsigned dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + int64_t(dayOfEra) - 719468;
}

class Digits {
public:
  explicit Digits(std::string_view text) : rest(text) {}
  unsigned take(size_t count) {
    unsigned value = 0;
    auto part = rest.substr(0, count);
    auto [at, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    ok = ok && part.size() == count && error == std::errc() && at == part.data() + count;
    rest.remove_prefix(part.size());
    return value;
  }
  void expect(char c) {
    ok = ok && !rest.empty() && rest[0] == c;
    if (!rest.empty()) rest.remove_prefix(1);
  }
  std::string_view rest;
  bool ok = true;
};

// Milliseconds of a fraction of any length; nothing when there is none.
unsigned takeFraction(Digits& in) {
  if (in.rest.empty() || in.rest[0] != '.') return 0;
  in.rest.remove_prefix(1);
  auto size = std::min(in.rest.find_first_not_of("0123456789"), in.rest.size());
  in.ok = in.ok && size > 0;
  std::string millis(in.rest.substr(0, std::min<size_t>(size, 3)));
  millis.resize(3, '0');
  in.rest.remove_prefix(size);
  return Digits(millis).take(3);
}

}  // namespace

std::optional<int64_t> parseRfc3339(std::string_view text) {
  Digits in(text);
  unsigned year = in.take(4);
  in.expect('-');
  unsigned month = in.take(2);
  in.expect('-');
  unsigned day = in.take(2);
  in.expect('T');
  unsigned hour = in.take(2);
  in.expect(':');
  unsigned minute = in.take(2);
  in.expect(':');
  unsigned second = in.take(2);
  unsigned millis = takeFraction(in);
  int64_t offsetMinutes = 0;
  if (in.rest == "Z") {
    in.rest = {};
  } else {
    int sign = !in.rest.empty() && in.rest[0] == '-' ? -1 : 1;
    in.expect(sign < 0 ? '-' : '+');
    int64_t hours = in.take(2);
    in.expect(':');
    offsetMinutes = sign * (hours * 60 + in.take(2));
  }
  if (!in.ok || !in.rest.empty() || month < 1 || month > 12 || day < 1 || day > 31) return {};
  int64_t seconds = daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  return (seconds - offsetMinutes * 60) * 1000 + millis;
}

std::vector<LogLine> LogFrames::feed(std::string_view bytes) {
  std::vector<LogLine> lines;
  buffered.append(bytes);
  std::string_view rest = buffered;
  while (rest.size() >= HEADER_BYTES) {
    auto byte = [rest](size_t i) { return uint32_t(uint8_t(rest[i])); };
    size_t size = byte(4) << 24 | byte(5) << 16 | byte(6) << 8 | byte(7);
    KJ_REQUIRE(byte(0) <= 2 && byte(1) == 0 && byte(2) == 0 && byte(3) == 0,
               "the container engine's log is not a stream of frames");
    KJ_REQUIRE(size <= ENGINE_FRAME_BYTES_MAX, "a frame of a container's log is too large", size);
    if (rest.size() - HEADER_BYTES < size) break;
    takeFrame(uint8_t(byte(0)), rest.substr(HEADER_BYTES, size), lines);
    rest.remove_prefix(HEADER_BYTES + size);
  }
  buffered = std::string(rest);
  return lines;
}

void LogFrames::takeFrame(uint8_t stream, std::string_view text, std::vector<LogLine>& lines) {
  size_t which = stream == 2;
  auto& line = open[which];
  bool frameBegins = true;
  while (!text.empty()) {
    auto space = text.find(' ');
    if (!begun[which] || frameBegins) {
      if (auto time = parseRfc3339(text.substr(0, space))) {
        if (!begun[which]) line.wallMs = *time;
        text.remove_prefix(space == text.npos ? text.size() : space + 1);
      }
    }
    frameBegins = false;
    begun[which] = true;
    line.stream = which == 0 ? LogLine::Stream::OUT : LogLine::Stream::ERR;
    auto end = text.find('\n');
    auto part = text.substr(0, std::min({end, text.size(), LOG_LINE_BYTES_MAX - line.text.size()}));
    line.text.append(part);
    text.remove_prefix(part.size());
    bool ended = !text.empty() && text[0] == '\n';
    if (ended) text.remove_prefix(1);
    if (!ended && line.text.size() < LOG_LINE_BYTES_MAX) continue;
    lines.push_back(line);
    line.text.clear();
    begun[which] = !ended;
  }
}

std::vector<LogLine> LogFrames::finish() {
  std::vector<LogLine> lines;
  for (size_t i = 0; i < 2; ++i) {
    if (!open[i].text.empty()) lines.push_back(open[i]);
    open[i] = LogLine();
    begun[i] = false;
  }
  return lines;
}

}  // namespace skerry
