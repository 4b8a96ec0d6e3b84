#include "shared/cli/query.h"

namespace skerry {
namespace {

struct Options {
  std::vector<std::string> words;
  Narrowing narrowing;
  std::string sort;
  bool watch = false;
};

// Prints one answer. Nothing to print twice: `last` is what was printed before.
std::optional<int> show(Cli& cli, Asked& asked, const Options& options, const Named& named,
                        std::string& last) {
  if (!asked.failures.empty()) return cli.fail(asked.failures);
  auto& items = asked.items;
  if (items.values.empty() && !named.name.empty() && !options.watch) {
    return cli.fail(failure(ExitCode::NOT_FOUND, "not-found",
                            "there is no " + named.kind + " `" + named.name + "`", "",
                            "skerry get " + pluralOf(named.kind)));
  }
  if (!options.sort.empty() && !sortItems(items, options.sort)) {
    return cli.fail(failure(ExitCode::USAGE, "usage",
                            "no " + named.kind + " has a field `" + options.sort + "`",
                            "the fields are those of -o json"));
  }
  std::string content = compactJson(PlainValue::list(items.values));
  if (content == last) return std::nullopt;
  bool isFirst = last.empty();
  last = content;
  if (options.watch && cli.isJson()) {
    cli.machine.out(compactJson(listValue(items)) + "\n");
  } else {
    cli.machine.out((isFirst ? "" : cli.options.output == Output::YAML ? "---\n" : "\n") +
                    printItems(cli, items, cli.machine.wallMs()));
  }
  return std::nullopt;
}

Task<int> get(Cli& cli, Options options) {
  auto parsed = parseNamed(options.words);
  if (parsed.failure) co_return cli.fail(*parsed.failure);
  auto badSelector = checkSelector(options.narrowing.selector);
  if (badSelector) co_return cli.fail(*badSelector);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  std::string last;
  uint64_t version = 0;
  while (true) {
    if (options.watch) {
      auto request = connected.connection->admin.changedRequest();
      request.setSince(version);
      auto sent = request.send();
      auto response = co_await sent;
      version = response.getVersion();
    }
    auto asking = ask(cli, *connected.connection, parsed.named, options.narrowing);
    auto asked = co_await asking;
    auto code = show(cli, asked, options, parsed.named, last);
    if (code) co_return *code;
    if (!options.watch) co_return int(ExitCode::DONE);
  }
}

}  // namespace

Run defineGet(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser
      .add_option("KIND", options->words,
                  "tenants, regions, sites, hosts, apps, instances, tokens, pending, users, "
                  "roles; and a NAME")
      ->required()
      ->expected(1, 2);
  addNarrowing(parser, options->narrowing);
  parser.add_option("--sort", options->sort, "by this field of -o json");
  parser.add_flag("-w,--watch", options->watch, "show again whenever something changes");
  return [options](Cli& cli) -> kj::Promise<int> {
    if (options->watch && !cli.options.timeoutMs) return get(cli, *options);
    return cli.bounded(get(cli, *options));
  };
}

}  // namespace skerry
