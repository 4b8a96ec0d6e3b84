// Runs services as containers of the host's own engine, through the Docker Engine API (1.40 and
// later; Docker, Podman 4.3 and later) on its unix socket.
//
// An instance is the container "skerry.SITE.INSTANCE". Name and labels (skerry.site, .tenant, .app,
// .service, .instance, .digest, .incarnation) are the idempotence key: a step whose answer was lost
// is repeated by name and compared by label. Status codes decide nothing, since engines differ in
// them: after a refusal the container is inspected. A container of that name without our labels is
// never touched.
//
// That a container ended is known from its process (State.Pid), how it ended from the engine; the
// engine's events are only a hint to look.
#pragma once
#include "shared/host/host.h"
#include "tier_site/drivers/driver.h"

namespace skerry {

struct EngineDriverConfig {
  std::string socketPath = "/run/podman/podman.sock";
  std::string site;  // [A-Za-z0-9_-]: only containers labelled with it are ours
  // Tenants get the group /PREFIX/TENANT, so that a tenant's own limits hold for its containers.
  // Empty: wherever the engine puts them, as also on engines that let systemd make the groups.
  std::string cgroupPrefix = "skerry";
  // Resource limits of every container. Always set, and at or below the engine's own: to raise them
  // takes a capability that engines lack on small hosts, and containers then fail to start.
  uint64_t nofile = 4096;
  uint64_t nproc = 4096;
};

// `host` outlives the driver. Nothing is asked of the engine before list() or start().
kj::Own<Driver> newEngineDriver(Host& host, EngineDriverConfig config);

}  // namespace skerry
