// `skerry up`: central, a region and a site on this machine, as child processes of this one, set up
// with the same verbs that a person would type. For trying Skerry, and for fleets of one machine.
//
//   DIR/central, DIR/region, DIR/site   their data folders       DIR/TIER.log   what they log
//
// A tier that ends is started again. When this process ends, so do they; applications too, when it
// ends as told.
#pragma once
#include "shared/cli/cli.h"

namespace skerry {

struct LocalFleetOptions {
  std::string folder = "/var/lib/skerry";
  std::string host = "127.0.0.1";  // under which others reach this machine
  uint16_t port = 7700;            // of central; the region has the next one
  std::string engine;              // the container engine's socket; empty: the site's own default
  std::string region = "local", site = "here", tenant = "default";
};

constexpr auto TIER_READY_MAX = 30 * kj::SECONDS;
constexpr auto TIER_LOOK = 50 * kj::MILLISECONDS;
constexpr auto TIER_RESTART_AFTER = 2 * kj::SECONDS;

// Until it is told to stop; answers the exit code. `cli` outlives the promise.
kj::Promise<int> runLocalFleet(Cli& cli, LocalFleetOptions options);

}  // namespace skerry
