#include "tier_central/metrics.h"
#include "shared/daemon/subtree_metrics.h"
#include "tier_central/admin.h"

namespace skerry {
namespace {

using Type = Exposition::Type;

void measureRegions(const CentralCore& core, Exposition& to) {
  to.family("skerry_region_up", Type::GAUGE, "1: the region is connected.");
  for (auto& [name, region] : core.registry.regions) {
    auto child = core.children.find(name);
    to.sample({{"region", name}}, child != core.children.end() && child->second->online());
  }
}

void measureSites(const CentralCore& core, Exposition& to) {
  std::map<std::string, Attendance> byRegion;
  for (auto& [name, region] : core.registry.regions) byRegion[name];
  auto summaries = summarise(registers(core));
  for (auto& [name, site] : core.registry.sites) {
    auto& summary = summaries[name];
    byRegion[site.region].count(summary.online, summary.heard);
  }
  to.family("skerry_sites", Type::GAUGE, "Sites by region and state, as the region last said.");
  for (auto& [region, attendance] : byRegion) {
    sampleAttendance(to, {{"region", region}}, attendance);
  }
}

}  // namespace

void measure(const CentralCore& core, Exposition& to) {
  to.gauge("skerry_tenants", "Tenants that are declared.", core.registry.tenants.size());
  to.gauge("skerry_applications", "Applications that are declared.",
           core.registry.applications.size());
  measureRegions(core, to);
  measureSites(core, to);
  measureInstances(to, countStates(Bounds(), registers(core)));
  measureLastHour(to, rollups(core));
}

}  // namespace skerry
