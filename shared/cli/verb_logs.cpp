#include "shared/cli/ago.h"
#include "shared/cli/line_printer.h"
#include "shared/cli/query.h"
#include "shared/crypto/bytes.h"
#include "shared/model/line_pattern.h"
#include <charconv>

namespace skerry {
namespace {

struct Options {
  std::string target;
  std::string site, service, instance, since, until, grep, selector;
  uint32_t tail = 0;
  bool follow = false;
};

// What a command line asks for.
struct Wanted {
  std::string site, app, service;
  int32_t ordinal = -1;
  int64_t sinceMs = 0, untilMs = 0;
  std::optional<Failure> failure;
};

Failure badOption(const char* option, const std::string& value, const char* hint) {
  return failure(ExitCode::USAGE, "usage",
                 std::string(option) + ": `" + value + "` is not understood", hint);
}

// `2`, `web.2`, or an instance's whole name TENANT.APP.SERVICE.2.
bool readInstance(const std::string& text, Wanted& wanted) {
  auto dot = text.rfind('.');
  auto number = dot == std::string::npos ? text : text.substr(dot + 1);
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), wanted.ordinal);
  if (error != std::errc() || end != number.data() + number.size() || wanted.ordinal < 0)
    return false;
  if (dot == std::string::npos) return true;
  auto before = text.substr(0, dot);
  wanted.service = before.substr(before.rfind('.') + 1);
  return true;
}

Wanted readOptions(const Options& options, int64_t nowMs) {
  Wanted wanted;
  wanted.site = options.site;
  wanted.service = options.service;
  constexpr std::string_view SITE = "site/", APP = "app/", APPLICATION = "application/";
  auto target = options.target;
  for (auto prefix : {APP, APPLICATION}) {
    if (target.rfind(prefix, 0) == 0) target.erase(0, prefix.size());
  }
  if (target.rfind(SITE, 0) == 0) wanted.site = target.substr(SITE.size());
  else wanted.app = target;
  if (target.empty() || wanted.app.find('/') != std::string::npos) {
    wanted.failure = badOption("logs", options.target, "name an application, or site/NAME");
  }
  if (!options.instance.empty() && !readInstance(options.instance, wanted)) {
    wanted.failure =
        badOption("--instance", options.instance, "write its number, or SERVICE.NUMBER");
  }
  readAgo("--since", options.since, nowMs, wanted.sinceMs, wanted.failure);
  readAgo("--until", options.until, nowMs, wanted.untilMs, wanted.failure);
  if (options.follow && !options.until.empty()) {
    wanted.failure = failure(ExitCode::USAGE, "usage", "--until and --follow exclude each other",
                             "what comes from now on is later than any time that was");
  }
  if (ParsedPattern pattern(options.grep); !pattern.error.empty()) {
    wanted.failure = failure(ExitCode::USAGE, "bad-pattern", "--grep: " + pattern.error,
                             "an example: --grep 'error|timed? ?out'");
  }
  return wanted;
}

Task<int> logs(Cli& cli, Options options) {
  auto wanted = readOptions(options, cli.machine.wallMs());
  if (!wanted.failure) wanted.failure = checkSelector(options.selector);
  if (wanted.failure) co_return cli.fail(*wanted.failure);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  // Whether lines need a name before them is known before the first one comes.
  Narrowing narrowing;
  narrowing.site = wanted.site;
  narrowing.app = wanted.app;
  Named instances{"instance", ""};
  auto asking = ask(cli, *connected.connection, instances, narrowing);
  auto asked = co_await asking;
  if (!asked.failures.empty()) co_return cli.fail(asked.failures);
  size_t matching = 0;
  for (auto& item : asked.items.values) {
    matching += wanted.service.empty() || statusText(item, "service") == wanted.service;
  }
  auto request = connected.connection->admin.logsRequest();
  auto query = request.initQuery();
  query.setSite(wanted.site.c_str());
  query.setTenant(cli.options.tenant.c_str());
  query.setApp(wanted.app.c_str());
  query.setService(wanted.service.c_str());
  query.setOrdinal(wanted.ordinal);
  query.setTail(options.tail);
  query.setSinceMs(wanted.sinceMs);
  query.setUntilMs(wanted.untilMs);
  query.setGrep(options.grep.c_str());
  query.setFollow(options.follow);
  query.setSelector(options.selector.c_str());
  auto printer = kj::refcounted<LinePrinter>(cli, matching != 1, options.follow);
  request.setSink(kj::heap<LineTaker>(kj::addRef(*printer)));
  auto sent = request.send();
  auto response = co_await sent;
  printer->printHeld();
  auto lines = printer->lineCount();
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  std::string missing;
  for (auto site : response.getMissing()) missing += (missing.empty() ? "" : ", ") + text(site);
  if (missing.empty()) co_return int(ExitCode::DONE);
  if (lines == 0) {
    co_return cli.fail(failure(ExitCode::UNREACHABLE, "no-answer", "no answer from " + missing,
                               "they keep their lines; ask again when they are back",
                               "skerry get sites"));
  }
  cli.machine.err("no answer from " + missing + "\n");
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineLogs(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("TARGET", options->target, "an application, or site/NAME")->required();
  parser.add_option("-l,--selector", options->selector, "only of the sites this matches");
  parser.add_option("--site", options->site, "only of this site");
  parser.add_option("--service", options->service, "only of this service");
  parser.add_option("--instance", options->instance, "only of this instance");
  parser.add_option("--since", options->since, "a duration ago, or a time in RFC 3339");
  parser.add_option("--until", options->until, "a duration ago, or a time in RFC 3339");
  parser.add_option("--grep", options->grep, "only lines with this regular expression in them");
  parser.add_option("--tail", options->tail, "only the newest lines of each instance");
  parser.add_flag("-f,--follow", options->follow, "go on with what comes");
  return [options](Cli& cli) -> kj::Promise<int> {
    if (options->follow && !cli.options.timeoutMs) return logs(cli, *options);
    return cli.bounded(logs(cli, *options));
  };
}

}  // namespace skerry
