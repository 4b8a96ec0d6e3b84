#include "shared/daemon/subtree_metrics.h"
#include <capnp/schema.h>

namespace skerry {

void measureUplink(Exposition& to, bool isUp, int64_t sinceMs) {
  to.gauge("skerry_uplink_up", "1: connected to the tier above; 0: alone.", isUp);
  to.gauge("skerry_uplink_since_seconds", "When that began, Unix epoch.", double(sinceMs) / 1000);
}

void measureAuthority(Exposition& to, int64_t headTimeMs) {
  to.gauge("skerry_authority_time_seconds",
           "The time of central's newest word here, Unix epoch; 0: none yet.",
           double(headTimeMs) / 1000);
}

void measureInstances(Exposition& to, const StateCounts& counts) {
  to.family("skerry_instances", Exposition::Type::GAUGE, "Instances by state.");
  for (auto state : capnp::Schema::from<schema::InstanceStatus::State>().getEnumerants()) {
    std::string name = word(schema::InstanceStatus::State(state.getOrdinal()));
    auto found = counts.find(name);
    to.sample({{"state", name}}, found == counts.end() ? 0 : found->second);
  }
}

void measureLastHour(Exposition& to, const Rollups& rollups) {
  Rollup all;
  for (auto& [app, rollup] : rollups) all.merge(rollup);
  to.family("skerry_events_last_hour", Exposition::Type::GAUGE, "What happened, by kind.");
  for (auto& [kind, count] : all.lastHour) to.sample({{"kind", kind}}, count);
  to.family("skerry_ended_last_hour", Exposition::Type::GAUGE,
            "Lives of instances that ended, by application.");
  for (auto& [app, rollup] : rollups) {
    auto slash = app.find('/');
    if (slash == app.npos) continue;
    to.sample({{"tenant", app.substr(0, slash)}, {"app", app.substr(slash + 1)}},
              rollup.ended());
  }
}

void sampleAttendance(Exposition& to, Exposition::Labels labels, const Attendance& attendance) {
  labels.push_back({"state", "online"});
  to.sample(labels, attendance.online);
  labels.back().second = "offline";
  to.sample(labels, attendance.offline);
  labels.back().second = "pending";
  to.sample(labels, attendance.pending);
}

}  // namespace skerry
