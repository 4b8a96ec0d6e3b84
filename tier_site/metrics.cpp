#include "tier_site/metrics.h"
#include "shared/daemon/subtree_metrics.h"
#include "tier_site/admin.h"

namespace skerry {
namespace {

using Type = Exposition::Type;

Exposition::Labels labelsOf(const InstanceId& id) {
  return {{"tenant", id.tenant}, {"app", id.app}, {"service", id.service},
          {"instance", std::to_string(id.ordinal)}};
}

// A family with a sample for each instance there is.
template <typename Value>
void ofEach(const Supervisor& supervisor, Exposition& to, Value value) {
  for (auto& id : supervisor.all()) {
    KJ_IF_MAYBE(view, supervisor.find(id)) to.sample(labelsOf(id), value(*view));
  }
}

void measureApplications(const SiteCore& core, Exposition& to) {
  std::map<Judgement::Verdict, uint32_t> counts;
  for (auto& [name, app] : core.assignments->apps()) ++counts[app.judgement.verdict];
  to.family("skerry_applications", Type::GAUGE, "Applications by what the site thinks of them.");
  to.sample({{"verdict", "accepted"}}, counts[Judgement::Verdict::ACCEPTED]);
  to.sample({{"verdict", "waiting"}}, counts[Judgement::Verdict::WAITING]);
  to.sample({{"verdict", "refused"}}, counts[Judgement::Verdict::REFUSED]);
}

}  // namespace

void measure(const SiteCore& core, const Supervisor& supervisor, Exposition& to) {
  bool isUp = false;
  int64_t sinceMs = 0;
  KJ_IF_MAYBE(parent, core.parent) {
    isUp = (*parent)->online();
    sinceMs = (*parent)->sinceMs();
  }
  measureUplink(to, isUp, sinceMs);
  auto& head = core.headWatch->newest();
  measureAuthority(to, head ? head->timeMs : 0);
  measureApplications(core, to);
  measureInstances(to, countStates(Bounds(), registers(core)));
  to.family("skerry_instance_up", Type::GAUGE, "1: the instance runs.");
  ofEach(supervisor, to, [](auto& view) { return view.state == RunState::RUNNING; });
  to.family("skerry_instance_restarts_total", Type::COUNTER, "Lives after the first.");
  ofEach(supervisor, to, [](auto& view) { return view.run->restarts; });
}

void measure(const UsageSampler& sampler, Exposition& to) {
  auto& host = sampler.hostNow();
  to.family("skerry_host_cpu_seconds_total", Type::COUNTER,
            "All processors since boot, without waiting.");
  to.sample(host.cpuSeconds);
  to.gauge("skerry_host_cpus", "Processors.", double(host.cpus));
  to.gauge("skerry_host_memory_bytes", "In use: what new programs could not have.",
           double(host.memoryBytes));
  to.gauge("skerry_host_memory_total_bytes", "Of the host.", double(host.memoryTotalBytes));
  to.gauge("skerry_host_disk_bytes", "In use, of the file system with the data folder.",
           double(host.diskBytes));
  to.gauge("skerry_host_disk_total_bytes", "Of that file system.", double(host.diskTotalBytes));
  to.gauge("skerry_host_uptime_seconds", "Since the host's boot.", double(sampler.uptimeS()));
  to.family("skerry_instance_cpu_seconds_total", Type::COUNTER,
            "Of the instance's control group; begins anew with each life.");
  for (auto& [id, ring] : sampler.instances()) {
    to.sample(labelsOf(id), ring.newest().cpuSeconds);
  }
  to.family("skerry_instance_memory_bytes", Type::GAUGE,
            "Of the instance's control group, without files read long ago.");
  for (auto& [id, ring] : sampler.instances()) {
    to.sample(labelsOf(id), double(ring.newest().memoryBytes));
  }
}

}  // namespace skerry
