#include "shared/cli/declare.h"
#include "shared/cli/query.h"
#include "shared/cli/verb.h"

namespace skerry {
namespace {

struct Options {
  std::vector<std::string> words;
  std::string reason;
  bool yes = false;
};

Task<int> say(Cli& cli, Options options, bool isBlocked) {
  auto parsed = parseNamedOne(options.words);
  if (parsed.failure) co_return cli.fail(*parsed.failure);
  auto& named = parsed.named;
  if (isBlocked) {
    auto declined = cli.confirm(
        "Block " + named.kind + " " + named.name + ", which stops what runs there or for it?",
        options.yes);
    if (declined) co_return cli.fail(*declined);
  }
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.blockRequest();
  request.setKind(named.kind.c_str());
  request.setName(named.name.c_str());
  request.setBlocked(isBlocked);
  request.setReason(options.reason.c_str());
  auto sent = request.send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  auto outcomes = copyOutcomes(response.getResults());
  noteWarnings(cli, outcomes);
  cli.print(PlainValue::object({{"results", valueOf(outcomes)}}), printOutcomes(cli, outcomes, ""));
  co_return int(ExitCode::DONE);
}

void addName(CLI::App& parser, Options& options) {
  parser.add_option("KIND", options.words, "tenant, site or host (SITE/HOST), and its NAME")
      ->expected(1, 2)
      ->required();
}

}  // namespace

Run defineBlock(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  addName(parser, *options);
  parser.add_option("--reason", options->reason, "why, for whoever finds it stopped");
  parser.add_flag("--yes", options->yes, "do not ask");
  return [options](Cli& cli) { return cli.bounded(say(cli, *options, true)); };
}

Run defineUnblock(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  addName(parser, *options);
  return [options](Cli& cli) { return cli.bounded(say(cli, *options, false)); };
}

}  // namespace skerry
