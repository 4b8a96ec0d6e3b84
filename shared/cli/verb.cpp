#include "shared/cli/verb.h"
#include "shared/model/selector.h"
#include "shared/model/time_text.h"

namespace skerry {

void addNarrowing(CLI::App& parser, Narrowing& narrowing) {
  parser.add_option("-l,--selector", narrowing.selector, "only what this label expression matches");
  parser.add_option("--region", narrowing.region, "only of this region");
  parser.add_option("--site", narrowing.site, "only of this site");
  parser.add_option("--host", narrowing.host, "only of this host");
  parser.add_option("--app", narrowing.app, "only of this application");
}

std::optional<Failure> checkSelector(const std::string& text) {
  auto parsed = parseSelector(text);
  if (parsed.ok()) return std::nullopt;
  auto& error = parsed.errors[0];
  return failure(ExitCode::USAGE, "bad-selector",
                 "-l: in column " + std::to_string(error.column) + ": " + error.message,
                 "an example: -l 'customer = acme and size in (medium, large)'");
}

ParsedDuration parseDuration(const std::string& option, const std::string& text) {
  ParsedDuration parsed;
  if (auto ms = parseDurationMs(text)) parsed.ms = *ms;
  else {
    parsed.failure = failure(ExitCode::USAGE, "usage", option + ": `" + text + "` is no duration",
                             "write it as 90s, 15m, 1h30m or 7d");
  }
  return parsed;
}

}  // namespace skerry
