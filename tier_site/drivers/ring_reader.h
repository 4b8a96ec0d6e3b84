// The reading end of a keeper's log (tier_site/keeper/ring_format.h).
#pragma once
#include "tier_site/drivers/driver.h"
#include <kj/filesystem.h>

namespace skerry {

class RingReader {
public:
  // Nothing is read yet; `file` may be anything.
  explicit RingReader(kj::Own<const kj::ReadableFile> file) : file(kj::mv(file)) {}

  // The next whole lines, as many as one read holds; empty when there are none yet, or when this is
  // no ring. Begins with the oldest; what the writer has overtaken is skipped.
  std::vector<LogLine> next();

private:
  enum class Outcome { NOTHING_NEW, PROGRESS };
  Outcome readOnce(std::vector<LogLine>& lines);

  kj::Own<const kj::ReadableFile> file;
  uint64_t position = 0;
};

// "SECONDS.MMM S TEXT"; nothing for any other text.
std::optional<LogLine> parseRingLine(std::string_view line);

}  // namespace skerry
