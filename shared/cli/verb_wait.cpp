#include "shared/cli/cli_limits.h"
#include "shared/cli/verb.h"
#include "shared/cli/waiting.h"

namespace skerry {
namespace {

struct Options {
  std::vector<std::string> words;
  std::string what;  // online, healthy, gone
};

bool hasCondition(const std::string& kind, const std::string& what) {
  if (what == "gone") return true;
  if (what == "online") return kind == "region" || kind == "site" || kind == "host";
  return kind == "application" || kind == "site" || kind == "instance";
}

// Of what is no application.
bool isMet(const std::string& kind, const std::string& what, const PlainValue& item) {
  if (what == "online") return statusFlag(item, "online");
  if (kind == "instance") return statusText(item, "state") == "running";
  return statusFlag(item, "online") &&
         statusNumber(item, "running") == statusNumber(item, "instances");
}

// Objects that somebody declares are there or are not; hosts and instances come by themselves.
bool comesByItself(const std::string& kind) { return kind == "host" || kind == "instance"; }

Task<Failures> waitForItem(Cli& cli, Connection& connection, Named named, std::string what) {
  Watcher watcher(cli, connection, cli.timeoutMs(WAITING_MS));
  Narrowing everywhere;
  while (true) {
    auto looking = watcher.look(named, everywhere, "");
    auto asked = co_await looking;
    if (!asked.failures.empty()) co_return asked.failures;
    auto& found = asked.items.values;
    bool isMetByAll = !found.empty();
    for (auto& item : found) isMetByAll = isMetByAll && isMet(named.kind, what, item);
    if (isMetByAll) co_return Failures();
    bool isUnknown = found.empty() && (watcher.isLate() || !comesByItself(named.kind));
    if (isUnknown) {
      co_return Failures(1, failure(ExitCode::NOT_FOUND, "not-found",
                                    "there is no " + named.kind + " `" + named.name + "`", "",
                                    "skerry get " + pluralOf(named.kind)));
    }
    if (watcher.isLate()) {
      co_return Failures(1, failure(ExitCode::TIMED_OUT, "timed-out",
                                    named.kind + " `" + named.name + "` is not yet " + what,
                                    "wait longer with --timeout"));
    }
    auto pausing = watcher.pause();
    co_await pausing;
  }
}

Task<int> waitFor(Cli& cli, Options options) {
  auto parsed = parseNamedOne(options.words);
  if (parsed.failure) co_return cli.fail(*parsed.failure);
  auto named = parsed.named;
  if (!hasCondition(named.kind, options.what)) {
    co_return cli.fail(
        failure(ExitCode::USAGE, "usage", "nothing makes a " + named.kind + " " + options.what,
                "online: regions, sites, hosts; healthy: applications, sites, instances; "
                "gone: everything"));
  }
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto& connection = *connected.connection;
  // Which one is meant is known before it is waited for.
  if (named.kind == "application" && cli.options.tenant.empty()) {
    auto asking = ask(cli, connection, named, Narrowing());
    auto asked = co_await asking;
    if (asked.items.values.size() > 1) co_return cli.fail(ambiguous(named, asked.items.values));
  }
  auto value = PlainValue::object();
  auto printed = named.kind + "/" + named.name + " is " + options.what + "\n";
  Failures failures;
  if (options.what == "gone") {
    auto waiting = waitUntilGone(cli, connection, named, cli.options.tenant);
    failures = co_await waiting;
  } else if (named.kind == "application") {
    std::vector<AwaitedApp> awaited(1);
    awaited[0].tenant = cli.options.tenant;
    awaited[0].app = named.name;
    auto waiting = waitForApps(cli, connection, awaited, WaitFor::REACHABLE);
    auto waited = co_await waiting;
    value = valueOf(waited);
    printed = printWaited(waited);
    failures = waited.failures;
  } else {
    auto waiting = waitForItem(cli, connection, named, options.what);
    failures = co_await waiting;
  }
  if (!failures.empty()) co_return cli.fail(failures);
  value.set("met", PlainValue::of(true));
  cli.print(value, printed);
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineWait(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("KIND", options->words, "a KIND and a NAME, or KIND/NAME")
      ->required()
      ->expected(1, 2);
  parser.add_option("--for", options->what, "online, healthy or gone")
      ->required()
      ->check(CLI::IsMember({"online", "healthy", "gone"}));
  return [options](Cli& cli) -> kj::Promise<int> { return waitFor(cli, *options); };
}

}  // namespace skerry
