#include "tier_site/runtimes.h"

namespace skerry {

SiteDrivers newSiteDrivers(Host& host, const SiteConfig& config, const std::string& site) {
  // Sites that share a machine must not share groups: a service is ended by killing its group.
  auto processes = config.process;
  if (!processes.cgroupPrefix.empty()) processes.cgroupPrefix += "/" + site;
  EngineDriverConfig engine;
  engine.socketPath = config.engineSocket;
  engine.site = site;
  engine.cgroupPrefix = processes.cgroupPrefix;
  return {newProcessDriver(host, processes), newEngineDriver(host, std::move(engine))};
}

}  // namespace skerry
