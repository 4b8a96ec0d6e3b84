#include "shared/cli/declare.h"
#include "shared/cli/verb.h"
#include "shared/cli/waiting.h"
#include "shared/model/field_rules.h"
#include <algorithm>

namespace skerry {
namespace {

struct Options {
  std::vector<std::string> words;
  std::vector<std::string> files;
  bool cascade = false;
  bool yes = false;
  bool wait = false;
};

struct Doomed {
  Named named;
  std::string tenant;
};

// What the command line means, what refers to others first.
struct Meant {
  std::vector<Doomed> objects;
  Failures failures;
};
Meant meantBy(Cli& cli, const Options& options) {
  Meant meant;
  if (!options.files.empty()) {
    auto read = readManifestFiles(cli.machine, options.files);
    for (auto& manifest : read.manifests) {
      meant.objects.push_back({{fieldOfKind(manifest.kind), manifest.name}, manifest.tenant});
    }
    std::reverse(meant.objects.begin(), meant.objects.end());
    meant.failures = read.failures;
    return meant;
  }
  auto parsed = parseNamedOne(options.words);
  if (parsed.failure) meant.failures.push_back(*parsed.failure);
  meant.objects.push_back({parsed.named, cli.options.tenant});
  return meant;
}

struct Deleted {
  std::vector<Outcome> outcomes;
  Failures failures;
};
Task<Deleted> remove(Cli& cli, Connection& connection, Doomed doomed, bool cascade) {
  Deleted deleted;
  auto request = connection.admin.deleteRequest();
  fillQuery(cli, doomed.named, Narrowing(), request.initQuery());
  request.getQuery().setTenant(doomed.tenant.c_str());
  request.setCascade(cascade);
  auto sent = request.send();
  auto response = co_await sent;
  deleted.outcomes = copyOutcomes(response.getResults());
  deleted.failures = failuresOf(response.getProblems());
  co_return deleted;
}

std::string questionOf(const std::vector<Doomed>& objects, bool cascade) {
  std::string names;
  for (auto& object : objects) {
    names += (names.empty() ? "" : ", ") + object.named.kind + "/" + object.named.name;
  }
  return "Delete " + names + (cascade ? " with everything that belongs to it" : "") + "?";
}

Task<int> run(Cli& cli, Options options) {
  auto meant = meantBy(cli, options);
  if (!meant.failures.empty()) co_return cli.fail(meant.failures);
  auto declined = cli.confirm(questionOf(meant.objects, options.cascade), options.yes);
  if (declined) co_return cli.fail(*declined);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  std::vector<Outcome> outcomes;
  Failures failures;
  for (auto& object : meant.objects) {
    auto removing = remove(cli, *connected.connection, object, options.cascade);
    auto deleted = co_await removing;
    outcomes.insert(outcomes.end(), deleted.outcomes.begin(), deleted.outcomes.end());
    failures.insert(failures.end(), deleted.failures.begin(), deleted.failures.end());
  }
  auto value = PlainValue::object();
  value.set("results", valueOf(outcomes));
  if (!outcomes.empty() || failures.empty()) cli.print(value, printOutcomes(cli, outcomes, ""));
  if (options.wait && failures.empty()) {
    for (auto& object : meant.objects) {
      auto waiting = waitUntilGone(cli, *connected.connection, object.named, object.tenant);
      failures = co_await waiting;
      if (!failures.empty()) break;
    }
  }
  if (!failures.empty()) co_return cli.fail(failures);
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineDelete(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  auto* words =
      parser.add_option("KIND", options->words, "a KIND and a NAME, or KIND/NAME")->expected(1, 2);
  auto* files = parser.add_option("-f,--file", options->files, "what these manifests declare");
  words->excludes(files);
  parser.add_flag("--cascade", options->cascade, "with everything that belongs to it");
  parser.add_flag("--wait", options->wait, "until it is gone everywhere");
  parser.add_flag("--yes", options->yes, "do not ask");
  return [options](Cli& cli) -> kj::Promise<int> {
    if (options->wait) return run(cli, *options);
    return cli.bounded(run(cli, *options));
  };
}

}  // namespace skerry
