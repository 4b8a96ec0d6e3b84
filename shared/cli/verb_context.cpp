#include "shared/cli/contexts.h"
#include "shared/cli/verb.h"

namespace skerry {
namespace {

struct Options {
  std::string file, name, server, peer;
};

int add(Cli& cli, const Options& options) {
  auto read = readContextFile(cli.machine, options.file);
  if (read.failure) return cli.fail(*read.failure);
  auto context = read.context;
  if (!options.name.empty()) context.name = options.name;
  if (!options.server.empty()) {
    context.server = options.server;
    context.peer = options.peer;
  }
  Contexts contexts(cli.machine);
  auto failed = contexts.add(context);
  if (failed) return cli.fail(*failed);
  cli.print(PlainValue::object({{"added", PlainValue::of(context.name)},
                                {"current", PlainValue::of(contexts.current())}}),
            "context " + context.name + " is added; " + contexts.current() + " is in use\n");
  return int(ExitCode::DONE);
}

int use(Cli& cli, const std::string& name) {
  auto failed = Contexts(cli.machine).use(name);
  if (failed) return cli.fail(*failed);
  cli.print(PlainValue::object({{"current", PlainValue::of(name)}}), name + " is in use\n");
  return int(ExitCode::DONE);
}

int list(Cli& cli) {
  Contexts contexts(cli.machine);
  auto current = contexts.current();
  auto items = PlainValue::list();
  std::string lines;
  for (auto& name : contexts.names()) {
    auto loaded = contexts.load(name);
    auto server = loaded.failure ? "unreadable" : loaded.context.server;
    items.items.push_back(PlainValue::object({
        {"name", PlainValue::of(name)}, {"server", PlainValue::of(server)},
        {"tenant", PlainValue::of(loaded.context.tenant)},
        {"current", PlainValue::of(name == current)}}));
    lines += (name == current ? "* " : "  ") + name + "  " + server +
             (loaded.context.tenant.empty() ? "" : "  tenant " + loaded.context.tenant) + "\n";
  }
  if (lines.empty()) lines = "no contexts; add one: skerry context add FILE\n";
  cli.print(PlainValue::object({{"items", items}}), lines);
  return int(ExitCode::DONE);
}

}  // namespace

Run defineContext(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.require_subcommand(1);
  auto* adding = parser.add_subcommand("add", "keep the context of a file; the first is used");
  adding->add_option("FILE", options->file, "as init or user add wrote it")->required();
  adding->add_option("--name", options->name, "what to call it here");
  auto* server = adding->add_option("--server", options->server, "HOST:PORT of another tier");
  adding->add_option("--peer", options->peer,
                     "whom that has to be: central, region:NAME or site:NAME/HOST")
      ->needs(server);
  auto* using_ = parser.add_subcommand("use", "the one that is used from now on");
  using_->add_option("NAME", options->name, "of a context")->required();
  parser.add_subcommand("list", "those there are, the one in use marked");
  for (auto* inner : parser.get_subcommands({})) inner->fallthrough();
  return [options, &parser](Cli& cli) -> kj::Promise<int> {
    auto verb = parser.get_subcommands().at(0)->get_name();
    if (verb == "add") return add(cli, *options);
    if (verb == "use") return use(cli, options->name);
    return list(cli);
  };
}

}  // namespace skerry
