#include "shared/cli/usage.h"
#include "shared/cli/verb.h"
#include "shared/manual/completion.h"
#include "shared/manual/manual_page.h"

namespace skerry {

Run defineCompletion(CLI::App& parser) {
  auto name = std::make_shared<std::string>();
  parser.add_option("SHELL", *name, "which shell")->required()->type_name("bash|zsh|fish");
  return [name, &parser](Cli& cli) -> kj::Promise<int> {
    auto shell = shellNamed(*name);
    if (!shell) {
      return cli.fail(usage("there is no completion for `" + *name + "`",
                            "write bash, zsh or fish", ""));
    }
    cli.machine.out(completionScript(describeCommand(*parser.get_parent()), *shell));
    return int(ExitCode::DONE);
  };
}

Run defineManual(CLI::App& parser) {
  parser.group("");
  return [&parser](Cli& cli) -> kj::Promise<int> {
    cli.machine.out(manualPage(describeCommand(*parser.get_parent()), 1, SKERRY_VERSION));
    return int(ExitCode::DONE);
  };
}

}  // namespace skerry
