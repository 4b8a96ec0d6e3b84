// What a request would do at each site: a pure reading of the registry, the request, and of what
// regions say they left out.
#pragma once
#include "tier_central/quota_use.h"
#include <set>

namespace skerry {

struct PlannedTarget {
  TenantAndName app;
  std::string site, region, action;  // start, change, keep, stop, blocked
  std::string reason;                // of blocked
};
// (site, application) that a region has no quota for, as it reported.
using LeftOutTargets = std::set<std::pair<std::string, TenantAndName>>;

// Of the request's applications at every site that matches or did; of its sites also what starts
// and stops there of applications declared before.
std::vector<PlannedTarget> plannedTargets(const Registry& registry, ManifestReaders manifests,
                                          const LeftOutTargets& leftOut);

}  // namespace skerry
