#include "shared/cli/declare.h"
#include "shared/cli/query.h"
#include "shared/cli/table.h"
#include "shared/cli/verb.h"
#include "shared/model/encoded.h"
#include "shared/model/plain_manifest.h"
#include <algorithm>

namespace skerry {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string site;
  std::string set;
  bool exitCode = false;
};

PlainValue valueOf(schema::PlanTarget::Reader target) {
  return PlainValue::object({{"tenant", PlainValue::of(text(target.getTenant()))},
                             {"app", PlainValue::of(text(target.getApp()))},
                             {"site", PlainValue::of(text(target.getSite()))},
                             {"region", PlainValue::of(text(target.getRegion()))},
                             {"action", PlainValue::of(text(target.getAction()))},
                             {"reason", PlainValue::of(text(target.getReason()))},
                             {"online", PlainValue::of(target.getOnline())}});
}

std::string printTargets(const PlainValue& targets) {
  if (targets.items.empty()) return "";
  Table table({"APP", "SITE", "REGION", "ACTION", "LINK", "REASON"});
  for (auto& target : targets.items) {
    auto cell = [&](const char* name) { return target.find(name)->text; };
    table.add({cell("app"), cell("site"), cell("region"), cell("action"),
               target.find("online")->boolean ? "online" : "offline", cell("reason")});
  }
  return "\n" + table.print();
}

PlainValue valueOf(capnp::List<schema::QuotaUse>::Reader quotas) {
  auto list = PlainValue::list();
  for (auto quota : quotas) {
    auto value = PlainValue::object();
    value.set("tenant", PlainValue::of(text(quota.getTenant())));
    value.set("resource", PlainValue::of(text(quota.getResource())));
    value.set("used", PlainValue::of(text(quota.getUsed())));
    value.set("after", PlainValue::of(text(quota.getAfter())));
    value.set("quota", PlainValue::of(text(quota.getQuota())));
    list.items.push_back(std::move(value));
  }
  return list;
}

std::string printQuotas(const PlainValue& quotas) {
  if (quotas.items.empty()) return "";
  Table table({"TENANT", "QUOTA OF", "USED", "AFTER", "QUOTA"});
  for (auto& quota : quotas.items) {
    auto cell = [&](const char* name) { return quota.find(name)->text; };
    table.add({cell("tenant"), cell("resource"), cell("used"), cell("after"), cell("quota")});
  }
  return "\n" + table.print();
}

// The command that does what the plan says, or nothing at all.
std::string printNext(const std::string& id, const std::vector<std::string>& files) {
  if (id.empty()) return "";
  return "\nto do just this: " + filesCommand("skerry apply --plan " + id, files) + "\n";
}

// The applications that the site is to run after this, as they are rendered for it.
std::string printRendered(const std::vector<ParsedManifest>& manifests, const PlainValue& targets) {
  std::string printed;
  for (auto& manifest : manifests) {
    bool isMeant = std::any_of(targets.items.begin(), targets.items.end(), [&](auto& target) {
      return manifest.kind == "Application" && target.find("app")->text == manifest.name &&
             target.find("tenant")->text == manifest.tenant &&
             target.find("action")->text != "stop";
    });
    if (!isMeant) continue;
    Decoded<schema::Manifest> decoded(manifest.message);
    printed += (printed.empty() ? "" : "---\n") + manifestYaml(capnp::toDynamic(decoded.get()));
  }
  return printed;
}

Task<int> plan(Cli& cli, Options options) {
  auto read = readManifestFiles(cli.machine, options.files);
  if (!read.failures.empty()) co_return cli.fail(read.failures);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.planRequest();
  fillManifests(read.manifests, request.initManifests(read.manifests.size()));
  request.setSet(options.set.c_str());
  auto sent = request.send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems(), read.manifests);
  if (!failures.empty()) co_return cli.fail(failures);
  auto outcomes = copyOutcomes(response.getResults());
  noteWarnings(cli, outcomes);
  auto targets = PlainValue::list();
  for (auto target : response.getTargets()) {
    bool isMeant = options.site.empty() || text(target.getSite()) == options.site;
    if (isMeant) targets.items.push_back(valueOf(target));
  }
  bool isChange = std::any_of(outcomes.begin(), outcomes.end(),
                              [](auto& outcome) { return outcome.outcome != "unchanged"; });
  auto pruned = copyOutcomes(response.getPruned());
  isChange = isChange || !pruned.empty();
  auto quotas = valueOf(response.getQuotas());
  auto value = PlainValue::object();
  value.set("pruned", skerry::valueOf(pruned));
  value.set("quotas", quotas);
  value.set("results", skerry::valueOf(outcomes));
  value.set("targets", targets);
  value.set("changes", PlainValue::of(isChange));
  value.set("id", PlainValue::of(text(response.getId())));
  if (!options.site.empty() && targets.items.empty()) {
    Named site{"site", options.site};
    auto asking = askOne(cli, *connected.connection, site);
    auto known = co_await asking;
    if (!known.failures.empty()) co_return cli.fail(known.failures);
  }
  if (!options.site.empty() && cli.options.output == Output::YAML) {
    cli.machine.out(printRendered(read.manifests, targets));
  } else {
    auto again = options.set.empty() ? "" : " --set " + options.set;
    if (!pruned.empty()) again += " --prune";
    cli.print(value, printOutcomes(cli, outcomes, " (plan)") +
                         printOutcomes(cli, pruned, " (plan, with --prune)") +
                         printTargets(targets) + printQuotas(quotas) +
                         (isChange ? printNext(text(response.getId()) + again, options.files)
                                   : ""));
  }
  co_return int(options.exitCode && isChange ? ExitCode::CHANGES : ExitCode::DONE);
}

}  // namespace

Run definePlan(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("-f,--file", options->files, "a manifest, a folder of them, or `-`")
      ->required();
  parser.add_option("--site", options->site, "only what changes at this site");
  parser.add_option("--set", options->set,
                    "also what --prune would remove: what came with this set before");
  parser.add_flag("--exit-code", options->exitCode, "end with 9 when there are changes");
  return [options](Cli& cli) { return cli.bounded(plan(cli, *options)); };
}

}  // namespace skerry
