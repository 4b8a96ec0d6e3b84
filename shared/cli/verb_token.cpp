#include "shared/cli/qr_code.h"
#include "shared/cli/query.h"
#include "shared/cli/site_tokens.h"
#include "shared/cli/table.h"
#include "shared/crypto/bytes.h"

namespace skerry {
namespace {

struct Options {
  std::vector<std::string> words;
  std::string host;
  std::string ttl;
  std::string selector, out;  // of many sites
  bool yes = false;
};

// `region NAME` or `site NAME`, as for every verb.
ParsedNamed parseJoiner(const std::vector<std::string>& words) {
  auto parsed = parseNamedOne(words);
  if (parsed.failure || parsed.named.kind == "region" || parsed.named.kind == "site") return parsed;
  parsed.failure =
      failure(ExitCode::USAGE, "usage", "a " + parsed.named.kind + " does not join with a token",
              "write `region NAME` or `site NAME`");
  return parsed;
}

ParsedDuration parseTtl(const Options& options) {
  ParsedDuration ttl;
  if (!options.ttl.empty()) ttl = parseDuration("--ttl", options.ttl);
  bool isForever = !ttl.failure && !options.ttl.empty() && ttl.ms == 0;
  if (isForever) {
    ttl.failure = failure(ExitCode::USAGE, "usage", "--ttl: a token is good for some time at least",
                          "leave it out for 24h");
  }
  return ttl;
}

std::optional<Failure> checkMany(const Options& options) {
  bool isSites = options.words == std::vector<std::string>{"site"} && options.host.empty();
  if (!isSites || options.selector.empty() || options.out.empty()) {
    return failure(ExitCode::USAGE, "usage", "tokens for many sites go to files",
                   "skerry token create site -l EXPRESSION --out DIR");
  }
  return checkSelector(options.selector);
}

kj::Promise<int> createMany(Cli& cli, const Options& options) {
  auto wrong = checkMany(options);
  if (wrong) return cli.fail(*wrong);
  auto ttl = parseTtl(options);
  if (ttl.failure) return cli.fail(*ttl.failure);
  return createSiteTokens(cli, {options.selector, options.out, ttl.ms});
}

Task<int> create(Cli& cli, Options options) {
  auto parsed = parseJoiner(options.words);
  if (parsed.failure) co_return cli.fail(*parsed.failure);
  auto ttl = parseTtl(options);
  if (ttl.failure) co_return cli.fail(*ttl.failure);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.createTokenRequest();
  auto wanted = request.initRequest();
  wanted.setKind(parsed.named.kind.c_str());
  wanted.setName(parsed.named.name.c_str());
  wanted.setHost(options.host.c_str());
  wanted.setTtlMs(ttl.ms);
  auto sent = request.send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  auto grant = response.getToken();
  auto value = PlainValue::object({{"token", PlainValue::of(text(grant.getToken()))},
                                   {"command", PlainValue::of(text(grant.getCommand()))},
                                   {"expires", PlainValue::of(text(grant.getExpires()))}});
  if (cli.options.output == Output::NAME) {
    cli.machine.out(text(grant.getToken()) + "\n");
    co_return int(ExitCode::DONE);
  }
  // For the telephone of who goes to the machine.
  auto code = cli.machine.outIsTerminal() ? qrCode(text(grant.getToken())) : std::string();
  cli.print(value, text(grant.getCommand()) + "\n" + code);
  auto where = parsed.named.kind + " " + parsed.named.name;
  if (cli.options.output != Output::YAML) {
    cli.note("Run this on the machine that becomes " + where + "; good once, until " +
             text(grant.getExpires()) + ".");
  }
  co_return int(ExitCode::DONE);
}

Task<int> list(Cli& cli) {
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  Named tokens{"token", ""};
  Narrowing everywhere;
  auto asking = ask(cli, *connected.connection, tokens, everywhere);
  auto asked = co_await asking;
  if (!asked.failures.empty()) co_return cli.fail(asked.failures);
  cli.machine.out(printItems(cli, asked.items, cli.machine.wallMs()));
  co_return int(ExitCode::DONE);
}

Task<int> revoke(Cli& cli, Options options) {
  auto name = options.words[0];
  if (options.words.size() > 1 || name.find('/') != std::string::npos) {
    auto parsed = parseJoiner(options.words);
    if (parsed.failure) co_return cli.fail(*parsed.failure);
    name = parsed.named.name;
  }
  auto declined = cli.confirm("Revoke all unused tokens of `" + name + "`?", options.yes);
  if (declined) co_return cli.fail(*declined);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.revokeTokenRequest();
  request.setName(name.c_str());
  auto sent = request.send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  cli.print(PlainValue::object({{"revoked", PlainValue::of(name)}}),
            "unused tokens of " + name + " are revoked\n");
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineToken(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.require_subcommand(1);
  auto* creating = parser.add_subcommand("create", "a one-time token, with the command to paste");
  creating->add_option("KIND", options->words, "region NAME, site NAME, or site with -l")
      ->required()
      ->expected(1, 2);
  creating->add_option("--host", options->host, "name of the host; otherwise the host says");
  creating->add_option("--ttl", options->ttl, "how long it is good: 24h unless said");
  creating->add_option("-l,--selector", options->selector,
                       "one for each site this matches that has not joined");
  creating->add_option("--out", options->out, "the folder for them: DIR/SITE.token");
  parser.add_subcommand("list", "tokens and whether they were used");
  auto* revoking = parser.add_subcommand("revoke", "makes unused tokens worthless");
  revoking->add_option("NAME", options->words, "of the region or site")->required()->expected(1, 2);
  revoking->add_flag("--yes", options->yes, "do not ask");
  for (auto* inner : parser.get_subcommands({})) inner->fallthrough();
  return [options, &parser](Cli& cli) -> kj::Promise<int> {
    auto verb = parser.get_subcommands().at(0)->get_name();
    bool isMany = !options->selector.empty() || !options->out.empty();
    if (verb == "create" && isMany) return cli.bounded(createMany(cli, *options));
    if (verb == "create") return cli.bounded(create(cli, *options));
    if (verb == "list") return cli.bounded(list(cli));
    return cli.bounded(revoke(cli, *options));
  };
}

}  // namespace skerry
