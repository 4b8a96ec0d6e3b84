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

void sampleAttendance(Exposition& to, Exposition::Labels labels, const Attendance& attendance) {
  labels.push_back({"state", "online"});
  to.sample(labels, attendance.online);
  labels.back().second = "offline";
  to.sample(labels, attendance.offline);
  labels.back().second = "pending";
  to.sample(labels, attendance.pending);
}

}  // namespace skerry
