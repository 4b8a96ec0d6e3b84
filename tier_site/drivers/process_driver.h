// Runs services as plain processes of the host, each under its own skerry-keeper, which outlives
// the daemon. One folder per instance, run/INSTANCE/ of the daemon's data folder:
//   spec   what to run, written here      sock   where its keeper answers
//   state  who runs now                   exit   how the last life ended
//   log    its output, a bounded ring     lock   held by the living keeper
//   out, err  its output pipes
#pragma once
#include "shared/host/host.h"
#include "tier_site/drivers/driver.h"

namespace skerry {

struct ProcessDriverConfig {
  std::string keeperProgram;  // path of skerry-keeper
  // Groups are made as CGROUP_ROOT/[TREE/]PREFIX/TENANT/INSTANCE. An empty prefix makes none.
  std::string cgroupRoot = "/sys/fs/cgroup";
  std::string cgroupPrefix = "skerry";
};

// `host` outlives the driver.
kj::Own<Driver> newProcessDriver(Host& host, ProcessDriverConfig config);

}  // namespace skerry
