#include "tier_site/usage_sampler.h"

namespace skerry {

UsageSampler::UsageSampler(Host& host, kj::Function<Running()> running)
    : host(host), running(kj::mv(running)),
      sampling(kj::Promise<void>(sampleForEver()).eagerlyEvaluate(nullptr)) {}

// An instance for each turn of the loop: some of these files take the kernel a while.
Task<void> UsageSampler::sampleForEver() {
  while (true) {
    auto pause = host.timer.afterDelay(SAMPLE_EVERY);
    auto turn = kj::evalLater([] {});
    co_await turn;
    sampleHost();
    auto processes = running();
    std::erase_if(ofInstances, [&](auto& held) { return !processes.contains(held.first); });
    for (auto& [id, pid] : processes) {
      sampleInstance(id, pid);
      auto next = kj::evalLater([] {});
      co_await next;
    }
    co_await pause;
  }
}

void UsageSampler::sampleHost() {
  newest = readHostUse(host.system, host.path);
  ofHost.add({host.clock.bootMs(), newest.cpuSeconds, newest.memoryBytes});
}

void UsageSampler::sampleInstance(const InstanceId& id, int pid) {
  auto use = readGroupUse(host.system, pid);
  if (!use || (!ofInstances.contains(id) && ofInstances.size() >= MEASURED_INSTANCES_MAX)) return;
  ofInstances[id].add({host.clock.bootMs(), use->cpuSeconds, use->memoryBytes});
}

}  // namespace skerry
