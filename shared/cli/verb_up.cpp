#include "shared/cli/local_fleet.h"
#include "shared/cli/usage.h"
#include "shared/cli/verb.h"

namespace skerry {

Run defineUp(CLI::App& parser) {
  auto options = std::make_shared<LocalFleetOptions>();
  parser.add_option("--data", options->folder, "where everything is kept")->capture_default_str();
  parser.add_option("--advertise", options->host,
                    "this machine's name or address, for regions and sites on others")
      ->capture_default_str();
  parser.add_option("--port", options->port, "of central; the region has the next one")
      ->capture_default_str();
  parser.add_option("--engine", options->engine, "the container engine's socket");
  return [options](Cli& cli) -> kj::Promise<int> {
    if (options->folder.empty() || options->folder[0] != '/') {
      return cli.fail(usage("--data: `" + options->folder + "` does not begin with /",
                            "name a folder by its whole path", ""));
    }
    return runLocalFleet(cli, *options);
  };
}

}  // namespace skerry
