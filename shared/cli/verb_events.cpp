#include "capnp/journal.capnp.h"
#include "shared/cli/ago.h"
#include "shared/cli/cli_limits.h"
#include "shared/cli/query.h"
#include "shared/cli/table.h"
#include "shared/crypto/bytes.h"
#include "shared/model/time_text.h"
#include <kj/refcount.h>
#include <algorithm>

namespace skerry {
namespace {

struct Options {
  Narrowing narrowing;
  std::string kind, since, until;
  std::optional<uint32_t> tail;
  bool follow = false;
};

struct Shown {
  int64_t atMs;
  std::vector<std::string> cells;  // after time and age
  PlainValue value;
};

const char* word(schema::Event::Severity severity) {
  switch (severity) {
    case schema::Event::Severity::INFO: return "info";
    case schema::Event::Severity::WARNING: return "warning";
    case schema::Event::Severity::ERROR: return "error";
    case schema::Event::Severity::UNSPECIFIED: break;
  }
  return "unspecified";
}

std::string whereOf(schema::Event::Reader event) {
  auto region = text(event.getRegion()), site = text(event.getSite());
  if (!site.empty()) return region.empty() ? site : region + "/" + site;
  return region.empty() ? "central" : "region " + region;
}

std::string aboutOf(schema::Event::Reader event) {
  auto about = text(event.getTenant());
  auto add = [&about](const char* between, std::string part) {
    if (!part.empty()) about += (about.empty() ? "" : between) + part;
  };
  add("/", text(event.getApp()));
  add(" ", text(event.getService()));
  if (event.getOrdinal() >= 0) add(".", std::to_string(event.getOrdinal()));
  return about;
}

Shown show(schema::Event::Reader event) {
  auto value = PlainValue::object({{"at", PlainValue::of(printTime(event.getAtMs()))},
                                   {"kind", PlainValue::of(text(event.getKind()))},
                                   {"severity", PlainValue::of(word(event.getSeverity()))},
                                   {"region", PlainValue::of(text(event.getRegion()))},
                                   {"site", PlainValue::of(text(event.getSite()))},
                                   {"tenant", PlainValue::of(text(event.getTenant()))},
                                   {"app", PlainValue::of(text(event.getApp()))},
                                   {"service", PlainValue::of(text(event.getService()))}});
  if (event.getOrdinal() >= 0) value.set("instance", PlainValue::of(int64_t(event.getOrdinal())));
  value.set("text", PlainValue::of(text(event.getText())));
  return {event.getAtMs(),
          {whereOf(event), text(event.getKind()), aboutOf(event), text(event.getText())},
          std::move(value)};
}

// What was told so far, and who may know more.
struct Gathered : kj::Refcounted {
  explicit Gathered(Cli& cli, bool follows) : cli(cli), follows(follows) {}

  void take(capnp::List<schema::Event>::Reader events) {
    for (auto event : events) {
      if (follows) printLine(show(event));
      else if (shown.size() < LINES_SORTED_MAX) shown.push_back(show(event));
    }
  }
  void takeMissing(capnp::List<capnp::Text>::Reader who) {
    for (auto name : who) {
      missing.insert(text(name));
      if (follows) cli.note("no answer from " + printable(text(name)));
    }
  }
  void printLine(const Shown& one) {
    std::string line = printTime(one.atMs);
    for (auto& cell : one.cells) {
      if (!cell.empty()) line += "  " + printable(cell);
    }
    cli.machine.out((cli.isJson() ? compactJson(one.value) : line) + "\n");
  }

  Cli& cli;
  const bool follows;
  std::vector<Shown> shown;
  std::set<std::string> missing;
};

class EventTaker final : public schema::EventSink::Server {
public:
  explicit EventTaker(kj::Own<Gathered> gathered) : gathered(kj::mv(gathered)) {}
  kj::Promise<void> write(WriteContext context) override {
    gathered->take(context.getParams().getEvents());
    return kj::READY_NOW;
  }
  kj::Promise<void> missing(MissingContext context) override {
    gathered->takeMissing(context.getParams().getWho());
    return kj::READY_NOW;
  }

private:
  kj::Own<Gathered> gathered;
};

void print(Cli& cli, Gathered& gathered, size_t max, bool isUsual) {
  auto& shown = gathered.shown;
  std::stable_sort(shown.begin(), shown.end(),
                   [](const Shown& a, const Shown& b) { return a.atMs < b.atMs; });
  bool isCut = max > 0 && shown.size() >= max;
  if (isCut) shown.erase(shown.begin(), shown.end() - ptrdiff_t(max));
  auto items = PlainValue::list(), missing = PlainValue::list();
  Table table({"TIME", "AGE", "WHERE", "EVENT", "ABOUT", "TEXT"});
  auto nowMs = cli.machine.wallMs();
  for (auto& one : shown) {
    items.items.push_back(one.value);
    std::vector<std::string> cells{printTime(one.atMs), printAge(nowMs - one.atMs)};
    cells.insert(cells.end(), one.cells.begin(), one.cells.end());
    table.add(std::move(cells));
  }
  std::string silent;
  for (auto& who : gathered.missing) {
    missing.items.push_back(PlainValue::of(who));
    silent += (silent.empty() ? "" : ", ") + who;
  }
  cli.print(PlainValue::object({{"items", items}, {"missing", missing}}),
            table.empty() ? "nothing is known to have happened\n" : table.print());
  if (isCut && isUsual) {
    cli.note("the newest " + std::to_string(max) + "; more with --tail or --since");
  }
  if (!silent.empty()) cli.note("no answer from " + printable(silent));
}

Task<int> events(Cli& cli, Options options) {
  int64_t sinceMs = 0, untilMs = 0;
  std::optional<Failure> failed;
  auto nowMs = cli.machine.wallMs();
  readAgo("--since", options.since, nowMs, sinceMs, failed);
  readAgo("--until", options.until, nowMs, untilMs, failed);
  if (options.follow && !options.until.empty()) {
    failed = failure(ExitCode::USAGE, "usage", "--until and --follow exclude each other",
                     "what comes from now on is later than any time that was");
  }
  if (!failed) failed = checkSelector(options.narrowing.selector);
  if (failed) co_return cli.fail(*failed);
  bool isUsual = !options.tail && options.since.empty();
  auto max = options.tail.value_or(isUsual ? EVENTS_USUAL : 0);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.eventsRequest();
  auto query = request.initQuery();
  query.setSite(options.narrowing.site);
  query.setRegion(options.narrowing.region);
  query.setTenant(cli.options.tenant);
  query.setApp(options.narrowing.app);
  query.setKind(options.kind);
  query.setSelector(options.narrowing.selector);
  query.setSinceMs(sinceMs);
  query.setUntilMs(untilMs);
  query.setTail(max);
  query.setFollow(options.follow);
  auto gathered = kj::refcounted<Gathered>(cli, options.follow);
  request.setSink(kj::heap<EventTaker>(kj::addRef(*gathered)));
  auto sent = request.send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  if (!options.follow) print(cli, *gathered, max, isUsual);
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineEvents(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("-l,--selector", options->narrowing.selector, "only of the sites this matches");
  parser.add_option("--region", options->narrowing.region, "only of this region");
  parser.add_option("--site", options->narrowing.site, "only of this site");
  parser.add_option("--app", options->narrowing.app, "only of this application");
  parser.add_option("--kind", options->kind, "only of this kind: `instance`, `instance.ended`");
  parser.add_option("--since", options->since, "a duration ago, or a time in RFC 3339");
  parser.add_option("--until", options->until, "a duration ago, or a time in RFC 3339");
  parser.add_option("--tail", options->tail, "the newest; 100 where nothing else is said");
  parser.add_flag("-f,--follow,-w,--watch", options->follow, "go on with what comes");
  return [options](Cli& cli) -> kj::Promise<int> {
    if (options->follow && !cli.options.timeoutMs) return events(cli, *options);
    return cli.bounded(events(cli, *options));
  };
}

}  // namespace skerry
