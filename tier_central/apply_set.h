// Apply sets: which objects came together, so that those that came before and do not come any more
// can be removed. Pure readings of the registry.
#pragma once
#include "tier_central/quota_use.h"
#include <set>

namespace skerry {

// What a manifest declares.
ObjectName nameOf(schema::Manifest::Reader manifest);
// What came with the set and is not in the request, in the order to remove it in. Never a tenant.
std::vector<ObjectName> prunedBy(const Registry& registry, const std::string& set,
                                 ManifestReaders manifests);
// What else still needs what would be removed.
Refusals checkPruning(const Registry& registry, const std::vector<ObjectName>& pruned,
                      ManifestReaders manifests);

}  // namespace skerry
