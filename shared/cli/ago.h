// Times on a command line: a duration ago, or a time in RFC 3339.
#pragma once
#include "shared/cli/failure.h"
#include <optional>
#include <string>

namespace skerry {

// `to`: milliseconds before `nowMs`, at least 1; left as it is for an empty text. What is no time
// is a failure.
void readAgo(const char* option, const std::string& text, int64_t nowMs, int64_t& to,
             std::optional<Failure>& failure);

}  // namespace skerry
