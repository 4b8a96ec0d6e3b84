#include "tier_region/metrics.h"
#include "shared/daemon/subtree_metrics.h"
#include "tier_region/admin.h"

namespace skerry {
namespace {

using Type = Exposition::Type;

void measureSites(const RegionCore& core, Exposition& to) {
  auto summaries = summarise(registers(core));
  Attendance attendance;
  for (auto& [site, plan] : core.assigner->sites()) {
    attendance.count(summaries[site].online, summaries[site].heard);
  }
  to.family("skerry_sites", Type::GAUGE, "Sites by state.");
  sampleAttendance(to, {}, attendance);
  to.family("skerry_site_up", Type::GAUGE, "1: the site is connected.");
  for (auto& [site, plan] : core.assigner->sites()) {
    to.sample({{"site", site}}, summaries[site].online);
  }
  to.family("skerry_site_instances_running", Type::GAUGE,
            "Instances that run, as the site last said.");
  for (auto& [site, plan] : core.assigner->sites()) {
    to.sample({{"site", site}}, summaries[site].running);
  }
}

}  // namespace

void measure(RegionCore& core, Exposition& to) {
  measureUplink(to, core.parent->online(), core.parent->sinceMs());
  auto& head = core.headRelay->newest();
  measureAuthority(to, head ? head->timeMs : 0);
  to.gauge("skerry_applications", "Applications that this region assigns to sites.",
           core.assigner->applications());
  measureSites(core, to);
  measureInstances(to, countStates(Bounds(), registers(core)));
  measureLastHour(to, core.rollups());
}

}  // namespace skerry
