// A container's log without a terminal, as engines send it: frames of
//   { stream: 1 standard output, 2 standard error; 0; 0; 0; size: u32 big endian; bytes }
// with a time (RFC 3339) and a space before each line.
#pragma once
#include "tier_site/drivers/driver.h"

namespace skerry {

class LogFrames {
public:
  // Takes the next bytes, cut anywhere, and returns the lines that ended. FAILED when they are no
  // such stream. A line longer than LOG_LINE_BYTES_MAX comes in pieces.
  std::vector<LogLine> feed(std::string_view bytes);
  // What is left when the stream ends: a last line without an end.
  std::vector<LogLine> finish();

private:
  void takeFrame(uint8_t stream, std::string_view text, std::vector<LogLine>& lines);

  std::string buffered;
  LogLine open[2];  // the unfinished line of each stream
  bool begun[2] = {};
};

// "2026-11-20T08:59:31.123456789Z" or with "+01:00": milliseconds since 1970. Nothing for any other
// text.
std::optional<int64_t> parseRfc3339(std::string_view text);

}  // namespace skerry
