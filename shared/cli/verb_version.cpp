#include "shared/cli/verb.h"

namespace skerry {

Run defineVersion(CLI::App&) {
  return [](Cli& cli) -> kj::Promise<int> {
    auto value = PlainValue::object();
    value.set("version", PlainValue::of(SKERRY_VERSION));
    cli.print(value, std::string("skerry ") + SKERRY_VERSION + "\n");
    return int(ExitCode::DONE);
  };
}

}  // namespace skerry
