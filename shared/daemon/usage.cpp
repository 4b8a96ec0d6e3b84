#include "shared/daemon/usage.h"
#include "shared/crypto/bytes.h"
#include <algorithm>

namespace skerry {
namespace {

// A sum that would wrap around says the most there is: rows come from elsewhere.
void raise(uint64_t& sum, uint64_t by) { sum = by > UINT64_MAX - sum ? UINT64_MAX : sum + by; }
void raise(uint32_t& sum, uint32_t by) { sum = by > UINT32_MAX - sum ? UINT32_MAX : sum + by; }

UsageRow readRow(schema::Usage::Reader from) {
  return {.site = text(from.getSite()),
          .tenant = text(from.getTenant()),
          .app = text(from.getApp()),
          .service = text(from.getService()),
          .ordinal = from.getOrdinal(),
          .sites = from.getSites(),
          .instances = from.getInstances(),
          .cpuMilli = from.getCpuMilli(),
          .memoryBytes = from.getMemoryBytes(),
          .memoryPeakBytes = from.getMemoryPeakBytes(),
          .cpuTotalMilli = from.getCpuTotalMilli(),
          .memoryTotalBytes = from.getMemoryTotalBytes(),
          .diskBytes = from.getDiskBytes(),
          .diskTotalBytes = from.getDiskTotalBytes(),
          .uptimeS = from.getUptimeS()};
}

void writeRow(const UsageRow& row, schema::Usage::Builder to) {
  to.setSite(row.site);
  to.setTenant(row.tenant);
  to.setApp(row.app);
  to.setService(row.service);
  to.setOrdinal(row.ordinal);
  to.setSites(row.sites);
  to.setInstances(row.instances);
  to.setCpuMilli(row.cpuMilli);
  to.setMemoryBytes(row.memoryBytes);
  to.setMemoryPeakBytes(row.memoryPeakBytes);
  to.setCpuTotalMilli(row.cpuTotalMilli);
  to.setMemoryTotalBytes(row.memoryTotalBytes);
  to.setDiskBytes(row.diskBytes);
  to.setDiskTotalBytes(row.diskTotalBytes);
  to.setUptimeS(row.uptimeS);
}

}  // namespace

void UsageTable::add(const UsageRow& row) {
  Key key{row.site, row.tenant, row.app, row.service, row.ordinal};
  auto [place, isNew] = byName.try_emplace(key, row);
  if (isNew) return;
  auto& sum = place->second;
  raise(sum.sites, row.sites);
  raise(sum.instances, row.instances);
  raise(sum.cpuMilli, row.cpuMilli);
  raise(sum.memoryBytes, row.memoryBytes);
  raise(sum.memoryPeakBytes, row.memoryPeakBytes);
}

void UsageTable::add(schema::UsageQuery::Subject of, capnp::List<schema::Usage>::Reader rows,
                     uint32_t omittedThere, const MayName& mayName) {
  bool isSummed = of == schema::UsageQuery::Subject::APPLICATIONS;
  for (uint i = 0; i < kj::min(rows.size(), schema::USAGE_ROWS_MAX); ++i) {
    auto row = readRow(rows[i]);
    if (isSummed ? row.site.empty() : mayName(row.site)) add(row);
  }
  raise(omittedElsewhere, omittedThere);
}

std::vector<UsageRow> UsageTable::rows(size_t rowsMax) const {
  std::vector<UsageRow> sorted;
  for (auto& [key, row] : byName) sorted.push_back(row);
  std::stable_sort(sorted.begin(), sorted.end(), [](auto& a, auto& b) {
    return std::tie(a.cpuMilli, a.memoryBytes) > std::tie(b.cpuMilli, b.memoryBytes);
  });
  if (sorted.size() > rowsMax) sorted.resize(rowsMax);
  return sorted;
}

uint32_t UsageTable::omitted(size_t rowsMax) const {
  auto sum = omittedElsewhere;
  if (byName.size() > rowsMax) raise(sum, uint32_t(byName.size() - rowsMax));
  return sum;
}

void UsageTable::writeRows(const std::vector<UsageRow>& rows,
                           capnp::List<schema::Usage>::Builder to) {
  for (size_t i = 0; i < rows.size(); ++i) writeRow(rows[i], to[i]);
}

}  // namespace skerry
