#include "tier_site/usage_rows.h"
#include "shared/daemon/views.h"
#include <set>

namespace skerry {
namespace {

constexpr uint64_t MILLI = 1'000;

UsageRow rowOf(const UsageRing& ring) {
  UsageRow row;
  row.sites = 1;
  row.cpuMilli = ring.cpuMilli();
  row.memoryBytes = ring.newest().memoryBytes;
  row.memoryPeakBytes = ring.memoryPeakBytes();
  return row;
}

UsageRow rowOfHost(const std::string& site, const UsageSampler& sampler) {
  auto row = rowOf(sampler.hostRing());
  auto& host = sampler.hostNow();
  row.site = site;
  row.instances = uint32_t(sampler.instances().size());
  row.cpuTotalMilli = host.cpus * MILLI;
  row.memoryTotalBytes = host.memoryTotalBytes;
  row.diskBytes = host.diskBytes;
  row.diskTotalBytes = host.diskTotalBytes;
  row.uptimeS = sampler.uptimeS();
  return row;
}

}  // namespace

UsageTable usageHere(const std::string& site, const UsageSampler& sampler,
                     schema::UsageQuery::Reader query) {
  UsageTable table;
  auto of = query.getOf();
  if (of == schema::UsageQuery::Subject::SITES) {
    if (!sampler.hostRing().empty()) table.add(rowOfHost(site, sampler));
    return table;
  }
  bool isSummed = of == schema::UsageQuery::Subject::APPLICATIONS;
  std::set<std::pair<std::string, std::string>> summed;
  for (auto& [id, ring] : sampler.instances()) {
    if (!Bounds::admits(text(query.getTenant()), id.tenant) ||
        !Bounds::admits(text(query.getApp()), id.app)) {
      continue;
    }
    auto row = rowOf(ring);
    row.tenant = id.tenant;
    row.app = id.app;
    row.instances = 1;
    if (isSummed) {
      row.sites = summed.insert({id.tenant, id.app}).second;
    } else {
      row.site = site;
      row.service = id.service;
      row.ordinal = id.ordinal;
    }
    table.add(row);
  }
  return table;
}

}  // namespace skerry
