#include "shared/cli/declare.h"
#include "shared/cli/verb.h"
#include "shared/cli/waiting.h"

namespace skerry {
namespace {

struct Options {
  std::vector<std::string> files;
  bool dryRun = false;
  std::string plan;
  std::string wait;  // reachable, all; empty: no
  std::string set;
  bool prune = false;
};

struct Applied {
  std::vector<Outcome> outcomes;
  std::vector<AwaitedApp> awaited;
  Failures failures;
};

Task<Applied> send(Connection& connection, std::vector<ParsedManifest> manifests,
                   Options options) {
  Applied applied;
  auto request = connection.admin.applyRequest();
  fillManifests(manifests, request.initManifests(manifests.size()));
  request.setDryRun(options.dryRun);
  request.setPlanId(options.plan.c_str());
  request.setSet(options.set.c_str());
  request.setPrune(options.prune);
  auto sent = request.send();
  auto response = co_await sent;
  applied.outcomes = copyOutcomes(response.getResults());
  applied.failures = failuresOf(response.getProblems(), manifests);
  for (auto intent : response.getIntents()) {
    applied.awaited.push_back(
        {text(intent.getTenant()), text(intent.getApp()), intent.getEra(), intent.getSeq()});
  }
  co_return applied;
}

Task<int> apply(Cli& cli, Options options) {
  auto read = readManifestFiles(cli.machine, options.files);
  if (!read.failures.empty()) co_return cli.fail(read.failures);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto sending = send(*connected.connection, read.manifests, options);
  auto applied = co_await sending;
  if (!applied.failures.empty()) {
    bool isStale = applied.failures[0].problem.reason == "plan-stale";
    auto set = options.set.empty() ? "" : " --set " + options.set;
    if (isStale) applied.failures[0].next = filesCommand("skerry plan" + set, options.files);
    co_return cli.fail(applied.failures);
  }
  noteWarnings(cli, applied.outcomes);
  auto value = PlainValue::object();
  value.set("results", valueOf(applied.outcomes));
  value.set("dryRun", PlainValue::of(options.dryRun));
  auto printed = printOutcomes(cli, applied.outcomes, options.dryRun ? " (dry run)" : "");
  if (options.wait.empty() || options.dryRun) {
    cli.print(value, printed);
    co_return int(ExitCode::DONE);
  }
  // For people the results come before the waiting.
  bool isForPeople = cli.options.output != Output::JSON && cli.options.output != Output::YAML;
  if (isForPeople) cli.machine.out(printed);
  auto what = options.wait == "all" ? WaitFor::ALL : WaitFor::REACHABLE;
  auto waiting = waitForApps(cli, *connected.connection, applied.awaited, what);
  auto waited = co_await waiting;
  for (auto& [name, member] : valueOf(waited).members) value.set(name, member);
  cli.print(value, printWaited(waited));
  if (!waited.failures.empty()) co_return cli.fail(waited.failures);
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineApply(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("-f,--file", options->files, "a manifest, a folder of them, or `-`")
      ->required();
  parser.add_flag("--dry-run", options->dryRun, "say what would happen and change nothing");
  parser.add_option("--plan", options->plan, "only if this is still what that plan said");
  auto* set = parser.add_option("--set", options->set,
                                "remember that these came together, under this name");
  parser.add_flag("--prune", options->prune,
                  "also remove what came with the set and is not in it any more; never a tenant")
      ->needs(set);
  parser.add_flag("--wait{reachable}", options->wait,
                  "until every site that can be reached is healthy; --wait=all: the others too")
      ->check(CLI::IsMember({"reachable", "all"}));
  return [options](Cli& cli) -> kj::Promise<int> {
    if (!options->wait.empty()) return apply(cli, *options);
    return cli.bounded(apply(cli, *options));
  };
}

}  // namespace skerry
