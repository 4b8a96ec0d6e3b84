// Rows of what things use (telemetry.capnp), as values: added up, put in order, cut to their bound.
#pragma once
#include "capnp/telemetry.capnp.h"
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace skerry {

// Fields as in the schema.
struct UsageRow {
  std::string site, tenant, app, service;
  uint32_t ordinal = 0;
  uint32_t sites = 0, instances = 0;
  uint64_t cpuMilli = 0, memoryBytes = 0, memoryPeakBytes = 0;
  uint64_t cpuTotalMilli = 0, memoryTotalBytes = 0, diskBytes = 0, diskTotalBytes = 0, uptimeS = 0;
};

// Rows of one subject, from many.
class UsageTable {
public:
  // Rows of the same name become one; of hosts and instances there is one each.
  void add(const UsageRow& row);
  // What a child answered: of rows about sites and instances those that `mayName` their site.
  using MayName = std::function<bool(const std::string& site)>;
  void add(schema::UsageQuery::Subject of, capnp::List<schema::Usage>::Reader rows,
           uint32_t omittedThere, const MayName& mayName);
  // The greatest users of a processor first, at most `rowsMax`.
  std::vector<UsageRow> rows(size_t rowsMax = schema::USAGE_ROWS_MAX) const;
  uint32_t omitted(size_t rowsMax = schema::USAGE_ROWS_MAX) const;

  template <typename Results>
  void write(Results results) const {
    auto sorted = rows();
    writeRows(sorted, results.initRows(sorted.size()));
    results.setOmitted(omitted());
  }

private:
  using Key = std::tuple<std::string, std::string, std::string, std::string, uint32_t>;
  static void writeRows(const std::vector<UsageRow>& rows, capnp::List<schema::Usage>::Builder to);
  std::map<Key, UsageRow> byName;
  uint32_t omittedElsewhere = 0;
};

}  // namespace skerry
