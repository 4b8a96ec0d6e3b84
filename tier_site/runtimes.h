// The drivers of one site on this machine, which know what is that site's by its name.
#pragma once
#include "tier_site/drivers/engine_driver.h"
#include "tier_site/drivers/process_driver.h"

namespace skerry {

struct SiteConfig {
  std::string engineSocket = "/run/podman/podman.sock";
  std::string listen;  // ADDRESS:PORT for people; empty: nobody comes in but by admin.sock
  ProcessDriverConfig process;
};

struct SiteDrivers {
  kj::Own<Driver> process, container;
};
// `host` outlives them.
SiteDrivers newSiteDrivers(Host& host, const SiteConfig& config, const std::string& site);

}  // namespace skerry
