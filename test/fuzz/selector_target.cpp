// Label expressions, out of manifests, commands and queries.
#include "shared/model/model_limits.h"
#include "shared/model/selector.h"
#include "shared/model/shell_words.h"
#include "shared/model/size_text.h"
#include "shared/model/time_text.h"
#include "test/fuzz/fuzz.h"

namespace skerry {
namespace {

const std::vector<Labels> SITES = {
  {}, {{"customer", "acme"}, {"size", "large"}, {"cpus", "500m"}},
  {{"disk", "128Mi"}, {"version", "1.4.2"}, {"uptime", "1h30m"}, {"number", "0012"}},
};

void run(BytesView input) {
  auto written = text(input);
  auto parsed = parseSelector(written);
  if (parsed.ok()) {
    // With its spaces it may be too long to be read again.
    auto printed = parsed.selector.print();
    auto again = parseSelector(printed);
    bool isSame = again.ok() && again.selector == parsed.selector;
    mustHold(printed.size() > SELECTOR_BYTES_MAX || isSame, "a selector is printed as it is read");
    for (auto& labels : SITES) parsed.selector.matches(labels);
  } else {
    mustHold(parsed.errors.size() == 1 && parsed.errors[0].column >= 1 &&
             !parsed.errors[0].message.empty(), "a selector's error has a place and a text");
  }
  // The small languages that values are written in.
  splitShellWords(written);
  if (auto bytes = parseSize(written)) {
    mustHold(parseSize(printSize(*bytes)) == bytes, "a size is printed as it is read");
  }
  if (auto milli = parseCpuMilli(written)) {
    mustHold(parseCpuMilli(printCpuMilli(*milli)) == milli, "a share is printed as it is read");
  }
  if (auto ms = parseDurationMs(written)) {
    mustHold(parseDurationMs(printDuration(*ms)) == ms, "a duration is printed as it is read");
  }
  parseTime(written);
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (auto written : {
         "customer = acme and size in (medium, large) and not closed exists",
         "not (a = 1 or b != \"x y\") and c not in (v1.5, '128Mi')",
         "version >= 1.4.2 and disk < 2G and uptime <= 1h30m and cpus > 500m",
         "number = 0012", "((((a exists))))", "a in ()", "and", "run --name 'a b' \"c\\\"d\" e\\ f",
         "2026-11-20T08:59:31.123456789+01:00", "1.5g", "7d", "2500m", ""}) {
    all.push_back(copy(view(written)));
  }
  return all;
}

FUZZ_TARGET("selector", run, seeds);

}  // namespace
}  // namespace skerry
