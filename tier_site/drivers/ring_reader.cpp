#include "tier_site/drivers/ring_reader.h"
#include "tier_site/drivers/driver_limits.h"
#include "tier_site/keeper/ring_format.h"
#include <algorithm>
#include <charconv>
#include <cstring>

namespace skerry {

namespace {

constexpr int64_t SECONDS_MAX = int64_t(1) << 40;  // of a time: 35,000 years

std::optional<RingHeader> readHeader(const kj::ReadableFile& file) {
  RingHeader header;
  auto bytes = kj::arrayPtr(reinterpret_cast<kj::byte*>(&header), sizeof header);
  if (file.read(0, bytes) != bytes.size()) return {};
  if (memcmp(header.magic, RING_MAGIC, sizeof RING_MAGIC) != 0 || header.capacity == 0) return {};
  // What a damaged one says may lie far apart: the way from one to the other would never end.
  if (header.committed > header.reserved) return {};
  if (header.reserved - header.committed > header.capacity) return {};
  return header;
}

uint64_t oldestOf(const RingHeader& header) {
  return header.reserved > header.capacity ? header.reserved - header.capacity : 0;
}

}  // namespace

std::optional<LogLine> parseRingLine(std::string_view line) {
  int64_t seconds = 0, millis = 0;
  auto end = line.data() + line.size();
  auto dot = std::from_chars(line.data(), end, seconds);
  if (dot.ec != std::errc() || dot.ptr == end || *dot.ptr != '.') return {};
  auto space = std::from_chars(dot.ptr + 1, end, millis);
  if (space.ec != std::errc() || space.ptr - dot.ptr != 4 || end - space.ptr < 3) return {};
  if (seconds < 0 || seconds > SECONDS_MAX || millis < 0) return {};
  char mark = space.ptr[1];
  if (space.ptr[0] != ' ' || space.ptr[2] != ' ' || strchr("oOeE", mark) == nullptr) return {};
  LogLine result;
  result.wallMs = seconds * 1000 + millis;
  result.stream = mark == 'o' || mark == 'O' ? LogLine::Stream::OUT : LogLine::Stream::ERR;
  result.text = std::string(space.ptr + 3, end);
  return result;
}

std::vector<LogLine> RingReader::next() {
  std::vector<LogLine> lines;
  // A writer in full flight may overtake what was just read: then again from further on.
  while (lines.empty() && readOnce(lines) == Outcome::PROGRESS) {}
  return lines;
}

RingReader::Outcome RingReader::readOnce(std::vector<LogLine>& lines) {
  auto before = readHeader(*file);
  if (!before) return Outcome::NOTHING_NEW;
  uint64_t oldest = oldestOf(*before);
  // Beyond the end: the ring was made anew.
  bool cut = oldest > (position > before->committed ? 0 : position);
  if (cut || position > before->committed) position = oldest;
  size_t size = std::min<uint64_t>(before->committed - position, LOG_READ_BYTES);
  std::string bytes(size, 0);
  for (size_t done = 0; done < size;) {
    uint64_t at = (position + done) % before->capacity;
    size_t step = std::min<uint64_t>(size - done, before->capacity - at);
    auto part = kj::arrayPtr(reinterpret_cast<kj::byte*>(bytes.data()) + done, step);
    if (file->read(RING_DATA_OFFSET + at, part) != step) return Outcome::NOTHING_NEW;
    done += step;
  }
  auto after = readHeader(*file);
  if (!after || after->capacity != before->capacity) return Outcome::NOTHING_NEW;
  std::string_view rest = bytes;
  if (oldestOf(*after) > position) {
    rest.remove_prefix(std::min<uint64_t>(size, oldestOf(*after) - position));
    cut = true;
  }
  if (cut) rest.remove_prefix(std::min(rest.size(), rest.find('\n')));
  for (size_t end; (end = rest.find('\n')) != rest.npos; rest.remove_prefix(end + 1)) {
    auto line = parseRingLine(rest.substr(0, end));
    if (line) lines.push_back(kj::mv(*line));
  }
  size_t taken = size - rest.size();
  if (taken == 0 && size == LOG_READ_BYTES) taken = size;  // no keeper writes lines that long
  position += taken;
  return taken > 0 ? Outcome::PROGRESS : Outcome::NOTHING_NEW;
}

}  // namespace skerry
