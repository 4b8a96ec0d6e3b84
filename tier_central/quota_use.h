// What tenants use of their quotas by what is declared, and whether a request still fits: the
// admission of `plan` and `apply`. Pure readings of the registry.
#pragma once
#include "capnp/manifest.capnp.h"
#include "shared/daemon/problems.h"
#include "tier_central/registry.h"
#include "tier_central/shares.h"
#include <set>

namespace skerry {

// Of each region that has a site that matches, and of every declared one.
std::map<std::string, RegionUse> useOf(const Registry& registry, const std::string& tenant);

// A tenant's use before and after a request, for people.
struct QuotaChange {
  std::string tenant;
  Quota quota;  // after it
  Amounts before, after;
};
using ManifestReaders = kj::ArrayPtr<const schema::Manifest::Reader>;
// Of every tenant with a quota that the request declares or has an application of.
std::vector<QuotaChange> quotaChanges(const Registry& registry, ManifestReaders manifests,
                                      const std::vector<ObjectName>& pruned);

// What of the request does not fit: services that do not say what they may use (2), applications
// that ask for more than there is (6), quotas below what is used (6). Growth by sites that match
// later is not refused: those targets are left out (shared/model/quota.h).
// `pruned`: applications that go when the request comes.
Refusals checkQuotas(const Registry& registry, ManifestReaders manifests,
                     const std::vector<ObjectName>& pruned);

}  // namespace skerry
