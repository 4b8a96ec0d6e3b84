#include "shared/cli/program.h"
#include "shared/cli/usage.h"
#include "shared/cli/verb.h"
#include <CLI/CLI.hpp>
#include <kj/debug.h>
#include <algorithm>
#include <array>
#include <map>

namespace skerry {
namespace {

constexpr auto VERBS = std::to_array<Verb>({
    {"status", nullptr, "this tier at a glance", defineStatus},
    {"apply", nullptr, "declare what manifests say", defineApply},
    {"plan", "diff", "what would change, site by site", definePlan},
    {"validate", nullptr, "check manifests, with no connection", defineValidate},
    {"get", nullptr, "list objects", defineGet},
    {"describe", nullptr, "everything about one object", defineDescribe},
    {"explain", nullptr, "what a manifest may say, field by field", defineExplain},
    {"delete", nullptr, "remove what was declared", defineDelete},
    {"label", nullptr, "labels of a site beside those of its manifest", defineLabel},
    {"block", nullptr, "stop a tenant, a site or a host's key, until unblocked", defineBlock},
    {"unblock", nullptr, "the end of a block", defineUnblock},
    {"wait", nullptr, "until something is online, healthy or gone", defineWait},
    {"logs", nullptr, "what applications wrote", defineLogs},
    {"events", nullptr, "what happened", defineEvents},
    {"top", nullptr, "what sites, applications and instances use", defineTop},
    {"why", nullptr, "why an application runs at a site, or does not", defineWhy},
    {"doctor", nullptr, "what needs attention, with the command that helps", defineDoctor},
    {"token", nullptr, "one-time tokens with which regions and sites join", defineToken},
    {"host", nullptr, "lets in hosts that call home without a token", defineHost},
    {"user", nullptr, "let people in, give them new keys, remove them", defineUser},
    {"role", nullptr, "what people may", defineRole},
    {"whoami", nullptr, "who you are, where, and what you may", defineWhoami},
    {"context", nullptr, "fleets that you reach from here", defineContext},
    {"audit", nullptr, "what was done, by whom", defineAudit},
    {"restore", nullptr, "what a restore from a backup waits for and found", defineRestore},
    {"up", nullptr, "central, a region and a site on this machine", defineUp},
    {"version", nullptr, "of this client", defineVersion},
    {"completion", nullptr, "a script with which a shell completes command lines",
     defineCompletion},
    {"manual", nullptr, "the manual page", defineManual},
});

const std::map<std::string, Output> OUTPUTS{{"table", Output::TABLE},
                                            {"wide", Output::WIDE},
                                            {"json", Output::JSON},
                                            {"yaml", Output::YAML},
                                            {"name", Output::NAME}};

// The parser of a whole command line, and what it filled in.
class CommandLine {
public:
  CommandLine()
      : parser("Skerry: applications on many sites, each of which stands on its own.", "skerry") {
    parser.set_help_flag("-h,--help", "print this and end");
    parser.add_flag("--version", wantsVersion, "print the version and end");
    parser.require_subcommand(1);
    parser.add_option("--socket", options.socket, "the daemon's admin socket; also $SKERRY_SOCKET");
    parser.add_option("--context", options.context,
                      "the fleet and the person, as in `skerry context list`; also $SKERRY_CONTEXT")
        ->excludes("--socket");
    auto* tenant = parser.add_option("-t,--tenant", options.tenant, "whose objects are meant");
    auto* all = parser.add_flag("-A,--all-tenants", options.allTenants, "those of every tenant");
    tenant->excludes(all);
    parser.add_option("-o,--output", output, "the form of what is printed")
        ->type_name("table|wide|json|yaml|name");
    parser.add_option("--timeout", timeout, "how long to wait: 30s for an answer, 10m for --wait");
    for (auto& verb : VERBS) {
      auto* sub = parser.add_subcommand(verb.name, verb.help);
      if (verb.alias != nullptr) sub->alias(verb.alias);
      sub->fallthrough();
      runs.push_back({sub, verb.define(*sub)});
    }
  }
  KJ_DISALLOW_COPY(CommandLine);

  CLI::App parser;
  GlobalOptions options;
  std::string timeout, output;
  bool wantsVersion = false;

  const Run& chosen() const {
    for (auto& run : runs) {
      if (run.first->parsed()) return run.second;
    }
    KJ_FAIL_ASSERT("the parser lets no command line pass without a verb");
  }

private:
  std::vector<std::pair<CLI::App*, Run>> runs;
};

// Errors of usage must be in the form asked for, too, though the options could not be read.
Output outputAskedFor(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    auto& argument = arguments[i];
    bool isSplit = (argument == "-o" || argument == "--output") && i + 1 < arguments.size();
    if (isSplit && arguments[i + 1] == "json") return Output::JSON;
    if (argument == "-ojson" || argument == "-o=json" || argument == "--output=json")
      return Output::JSON;
  }
  return Output::TABLE;
}

// What could not be read while parsing: values that have a form of their own.
std::optional<Failure> readValues(CommandLine& line) {
  if (!line.timeout.empty()) {
    auto parsed = parseDuration("--timeout", line.timeout);
    if (parsed.failure) return parsed.failure;
    line.options.timeoutMs = parsed.ms;
  }
  if (line.output.empty()) return std::nullopt;
  auto known = OUTPUTS.find(line.output);
  if (known == OUTPUTS.end()) {
    return usage("--output: there is no form `" + line.output + "`",
                 "write table, wide, json, yaml or name", "");
  }
  line.options.output = known->second;
  return std::nullopt;
}

// The exit code of a command line that ends before its verb, or nothing.
std::optional<int> parse(Machine& machine, CommandLine& line, std::vector<std::string> arguments) {
  auto fail = [&](const Failure& failure) {
    GlobalOptions options;
    options.output = outputAskedFor(arguments);
    return Cli(machine, options).fail(failure);
  };
  auto reversed = arguments;
  std::reverse(reversed.begin(), reversed.end());
  try {
    line.parser.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    auto* chosen = &line.parser;
    while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands()[0];
    machine.out(chosen->help());
    return int(ExitCode::DONE);
  } catch (const CLI::ParseError& error) {
    if (line.wantsVersion) {
      machine.out(std::string("skerry ") + SKERRY_VERSION + "\n");
      return int(ExitCode::DONE);
    }
    return fail(usageFailure(line.parser, error, arguments));
  }
  if (auto wrong = readValues(line)) return fail(*wrong);
  return std::nullopt;
}

}  // namespace

kj::Promise<int> runProgram(Machine& machine, std::vector<std::string> arguments) {
  auto line = kj::heap<CommandLine>();
  if (auto code = parse(machine, *line, std::move(arguments))) return *code;
  auto target = chooseContext(machine, line->options.socket, line->options.context);
  bool isOfContext = line->options.tenant.empty() && !line->options.allTenants;
  if (target.context && isOfContext) line->options.tenant = target.context->tenant;
  auto cli = kj::heap<Cli>(machine, line->options, std::move(target));
  auto& run = line->chosen();
  auto promise = kj::evalNow([&] { return run(*cli); });
  return promise
      .catch_([&cli = *cli](kj::Exception&& exception) { return cli.fail(failureOf(exception)); })
      .attach(kj::mv(cli), kj::mv(line));
}

}  // namespace skerry
