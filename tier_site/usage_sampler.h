// Looks every SAMPLE_EVERY at what this host and each of its instances use, and remembers an hour
// of it. Looking is all it does: what runs does not depend on it.
#pragma once
#include "shared/async/task.h"
#include "shared/host/host.h"
#include "tier_site/drivers/instance.h"
#include "tier_site/usage_files.h"
#include "tier_site/usage_ring.h"

namespace skerry {

class UsageSampler final {
public:
  // The first process of each instance that runs, asked before every look. `host` outlives this.
  using Running = std::map<InstanceId, int>;
  UsageSampler(Host& host, kj::Function<Running()> running);
  KJ_DISALLOW_COPY(UsageSampler);

  // As last seen; all zero before the first look.
  const HostUse& hostNow() const { return newest; }
  const UsageRing& hostRing() const { return ofHost; }
  uint64_t uptimeS() const { return host.clock.bootMs() / 1'000; }
  // Those that run and could be measured.
  const std::map<InstanceId, UsageRing>& instances() const { return ofInstances; }

private:
  Task<void> sampleForEver();
  void sampleHost();
  void sampleInstance(const InstanceId& id, int pid);

  Host& host;
  kj::Function<Running()> running;
  HostUse newest;
  UsageRing ofHost;
  std::map<InstanceId, UsageRing> ofInstances;
  kj::Promise<void> sampling;
};

}  // namespace skerry
