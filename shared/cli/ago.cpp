#include "shared/cli/ago.h"
#include "shared/model/time_text.h"
#include <algorithm>

namespace skerry {

void readAgo(const char* option, const std::string& text, int64_t nowMs, int64_t& to,
             std::optional<Failure>& failed) {
  if (text.empty()) return;
  auto ago = parseDurationMs(text);
  if (auto time = parseTime(text)) ago = std::max<int64_t>(nowMs - *time, 1);
  if (ago) {
    to = *ago;
  } else {
    failed = failure(ExitCode::USAGE, "usage",
                     std::string(option) + ": `" + text + "` is not understood",
                     "write a duration such as 15m, or a time in RFC 3339");
  }
}

}  // namespace skerry
