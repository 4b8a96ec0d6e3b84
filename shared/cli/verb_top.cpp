#include "shared/cli/query.h"
#include "shared/cli/table.h"
#include "shared/crypto/bytes.h"
#include "shared/model/size_text.h"
#include "shared/model/time_text.h"

namespace skerry {
namespace {

using Subject = schema::UsageQuery::Subject;

constexpr auto AGAIN = 10 * kj::SECONDS;  // with --watch: hosts look no more often
constexpr uint64_t MILLI = 1'000, PERCENT = 100, BYTES_SHOWN_MIN = 1 << 20;

struct Options {
  std::string of;
  Narrowing narrowing;
  bool watch = false;
};

std::optional<Subject> readSubject(const std::string& word) {
  if (word == "site" || word == "sites") return Subject::SITES;
  if (word == "app" || word == "apps" || word == "application" || word == "applications") {
    return Subject::APPLICATIONS;
  }
  if (word.starts_with("inst") && std::string("instances").starts_with(word)) {
    return Subject::INSTANCES;
  }
  return std::nullopt;
}

// With `~` where it says less than it knows: a table is for a look.
std::string sizeCell(uint64_t bytes) {
  if (bytes == 0) return "";
  return printSize(bytes < BYTES_SHOWN_MIN ? bytes : bytes / BYTES_SHOWN_MIN * BYTES_SHOWN_MIN);
}
std::string shareCell(uint64_t used, uint64_t total) {
  return total == 0 ? "" : std::to_string(used * PERCENT / total) + "%";
}

PlainValue count(uint64_t value) { return PlainValue::of(int64_t(value)); }

PlainValue valueOf(Subject of, schema::Usage::Reader row) {
  auto value = PlainValue::object();
  if (of != Subject::APPLICATIONS) value.set("site", PlainValue::of(text(row.getSite())));
  if (of != Subject::SITES) {
    value.set("tenant", PlainValue::of(text(row.getTenant())));
    value.set("app", PlainValue::of(text(row.getApp())));
  }
  if (of == Subject::INSTANCES) {
    value.set("service", PlainValue::of(text(row.getService())));
    value.set("instance", count(row.getOrdinal()));
  } else {
    if (of == Subject::APPLICATIONS) value.set("sites", count(row.getSites()));
    value.set("instances", count(row.getInstances()));
  }
  value.set("cpuMilli", count(row.getCpuMilli()));
  value.set("memoryBytes", count(row.getMemoryBytes()));
  value.set("memoryPeakBytes", count(row.getMemoryPeakBytes()));
  if (of == Subject::SITES) {
    value.set("cpuTotalMilli", count(row.getCpuTotalMilli()));
    value.set("memoryTotalBytes", count(row.getMemoryTotalBytes()));
    value.set("diskBytes", count(row.getDiskBytes()));
    value.set("diskTotalBytes", count(row.getDiskTotalBytes()));
    value.set("uptimeS", count(row.getUptimeS()));
  }
  return value;
}

Table tableOf(Subject of) {
  switch (of) {
    case Subject::SITES:
      return Table({"SITE", "CPU", "OF", "MEMORY", "OF", "DISK", "INSTANCES", "UP"});
    case Subject::APPLICATIONS:
      return Table({"TENANT", "APP", "CPU", "MEMORY", "PEAK", "SITES", "INSTANCES"});
    default:
      return Table({"SITE", "TENANT", "APP", "SERVICE", "INSTANCE", "CPU", "MEMORY", "PEAK"});
  }
}

void addRow(Table& table, Subject of, schema::Usage::Reader row) {
  auto cpu = printCpuMilli(row.getCpuMilli()), memory = sizeCell(row.getMemoryBytes());
  auto peak = sizeCell(row.getMemoryPeakBytes());
  auto instances = std::to_string(row.getInstances());
  switch (of) {
    case Subject::SITES:
      table.add({text(row.getSite()), cpu, printCpuMilli(row.getCpuTotalMilli()), memory,
                 sizeCell(row.getMemoryTotalBytes()),
                 shareCell(row.getDiskBytes(), row.getDiskTotalBytes()), instances,
                 printAge(int64_t(row.getUptimeS() * MILLI))});
      return;
    case Subject::APPLICATIONS:
      table.add({text(row.getTenant()), text(row.getApp()), cpu, memory, peak,
                 std::to_string(row.getSites()), instances});
      return;
    default:
      table.add({text(row.getSite()), text(row.getTenant()), text(row.getApp()),
                 text(row.getService()), std::to_string(row.getOrdinal()), cpu, memory, peak});
  }
}

// Nothing to go on with: the exit code.
std::optional<int> show(Cli& cli, Subject of, schema::Admin::UsageResults::Reader answer) {
  auto failures = failuresOf(answer.getProblems());
  if (!failures.empty()) return cli.fail(failures);
  auto items = PlainValue::list(), missing = PlainValue::list();
  auto table = tableOf(of);
  for (auto row : answer.getRows()) {
    items.items.push_back(valueOf(of, row));
    addRow(table, of, row);
  }
  std::string silent;
  for (auto who : answer.getMissing()) {
    missing.items.push_back(PlainValue::of(text(who)));
    silent += (silent.empty() ? "" : ", ") + text(who);
  }
  cli.print(PlainValue::object({{"items", items},
                                {"omitted", count(answer.getOmitted())},
                                {"missing", missing}}),
            table.empty() ? "nothing was measured yet\n" : table.print());
  if (answer.getOmitted() > 0) {
    cli.note("and " + std::to_string(answer.getOmitted()) + " more that use less");
  }
  if (!silent.empty()) cli.note("no answer from " + printable(silent));
  return std::nullopt;
}

// What is asked about where nothing was said: above sites, the sites.
Task<Subject> usual(schema::Admin::Client admin) {
  auto request = admin.statusRequest();
  auto sent = request.send();
  auto response = co_await sent;
  bool isSite = response.getStatus().getTier() == "site";
  co_return isSite ? Subject::INSTANCES : Subject::SITES;
}

Task<int> top(Cli& cli, Options options) {
  auto subject = readSubject(options.of);
  if (!options.of.empty() && !subject) {
    co_return cli.fail(failure(ExitCode::USAGE, "usage", "top: there is no `" + options.of + "`",
                               "write sites, apps or instances"));
  }
  auto badSelector = checkSelector(options.narrowing.selector);
  if (badSelector) co_return cli.fail(*badSelector);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto admin = connected.connection->admin;
  if (!subject) {
    auto asking = usual(admin);
    subject = co_await asking;
  }
  while (true) {
    auto request = admin.usageRequest();
    auto query = request.initQuery();
    query.setOf(*subject);
    query.setTenant(cli.options.tenant.c_str());
    query.setApp(options.narrowing.app.c_str());
    query.setSite(options.narrowing.site.c_str());
    query.setSelector(options.narrowing.selector.c_str());
    auto sent = request.send();
    auto response = co_await sent;
    auto code = show(cli, *subject, response);
    if (code) co_return *code;
    if (!options.watch) co_return int(ExitCode::DONE);
    auto pause = cli.machine.timer().afterDelay(AGAIN);
    co_await pause;
    if (!cli.isJson()) cli.machine.out("\n");
  }
}

}  // namespace

Run defineTop(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("WHAT", options->of, "sites, apps or instances; those of a site by default");
  parser.add_option("-l,--selector", options->narrowing.selector, "only of the sites this matches");
  parser.add_option("--site", options->narrowing.site, "only of this site");
  parser.add_option("--app", options->narrowing.app, "only of this application");
  parser.add_flag("-w,--watch", options->watch, "again every ten seconds");
  return [options](Cli& cli) -> kj::Promise<int> {
    if (options->watch && !cli.options.timeoutMs) return top(cli, *options);
    return cli.bounded(top(cli, *options));
  };
}

}  // namespace skerry
