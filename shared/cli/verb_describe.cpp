#include "shared/cli/item_table.h"
#include "shared/cli/query.h"
#include "shared/cli/table.h"

namespace skerry {
namespace {

struct Options {
  std::vector<std::string> words;
  Narrowing which;  // of those that bear the name
};

// What else belongs to an object of this kind: the list that is shown below it.
std::optional<Named> partsOf(const Named& named, Narrowing& narrowing) {
  if (named.kind == "application") narrowing.app = named.name;
  else if (named.kind == "site") narrowing.site = named.name;
  else if (named.kind == "region") narrowing.region = named.name;
  else return std::nullopt;
  return Named{named.kind == "region" ? "site" : "instance", ""};
}

std::string textOf(const Items& object, const Items& parts, int64_t nowMs) {
  auto shown = object.values[0];
  if (shown.find("tenant")->text.empty()) shown.erase("tenant");
  for (auto* part : {"spec", "status"}) {
    if (shown.find(part)->empty()) shown.erase(part);
  }
  auto printed = blockYaml(shown);
  if (!parts.kind.empty()) printed += "\n" + printTable(parts, true, nowMs);
  else printed += "\n(as of " + ageOf(listValue(object).find("asOf")->text, nowMs) + " ago)\n";
  return printed;
}

Task<int> describe(Cli& cli, Options options) {
  auto parsed = parseNamedOne(options.words);
  if (parsed.failure) co_return cli.fail(*parsed.failure);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto asking = askOne(cli, *connected.connection, parsed.named, options.which);
  auto object = co_await asking;
  if (!object.failures.empty()) co_return cli.fail(object.failures);
  Narrowing narrowing;
  Asked parts;
  auto named = partsOf(parsed.named, narrowing);
  if (named) {
    auto askingParts = ask(cli, *connected.connection, *named, narrowing);
    parts = co_await askingParts;
    if (!parts.failures.empty()) co_return cli.fail(parts.failures);
  }
  auto value = object.items.values[0];
  if (named) value.set(pluralOf(named->kind), PlainValue::list(parts.items.values));
  value.set("asOf", *listValue(object.items).find("asOf"));
  cli.print(value, textOf(object.items, parts.items, cli.machine.wallMs()));
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineDescribe(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("KIND", options->words, "a KIND and a NAME, or KIND/NAME")
      ->required()
      ->expected(1, 2);
  parser.add_option("--site", options->which.site, "of this site, where several have the name");
  return [options](Cli& cli) { return cli.bounded(describe(cli, *options)); };
}

}  // namespace skerry
