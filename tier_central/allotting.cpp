// What central signs of quotas: each region's share, in the tenant's policy for that region.
#include "capnp/authority.capnp.h"
#include "shared/model/encoded.h"
#include "shared/model/quota_reader.h"
#include "tier_central/declare.h"
#include "tier_central/orders.h"
#include "tier_central/quota_use.h"

namespace skerry {
namespace {

// What is allotted to a region that has no policy of its own yet.
Quota nothingOf(const Quota& quota) {
  Quota none;
  for (auto resource : RESOURCES) {
    if (quota[resource]) none[resource] = 0;
  }
  return none;
}

}  // namespace

void Declarations::signPolicies(const std::string& name, TenantObject& tenant, Batch& rows,
                                Touched& touched) {
  auto none = nothingOf(tenant.quota);
  tenant.policy = issuer.policy(name, tenant, tenant.quota.isBounded() ? &none : nullptr, rows);
  for (auto& [region, policy] : tenant.regionPolicies) {
    policy = issuer.policy(name, tenant, &tenant.shares.at(region), rows);
  }
  registry.saveTenant(name, rows);
  touched.everywhere.insert(policyKey(name));
}

void Declarations::allot(const std::string& name, TenantObject& tenant, Batch& rows,
                         Touched& touched) {
  auto shares = allotShares(tenant.quota, useOf(registry, name));
  if (shares == tenant.shares) return;
  for (auto& [region, share] : shares) {
    auto known = tenant.shares.find(region);
    if (known != tenant.shares.end() && known->second == share) continue;
    tenant.regionPolicies[region] = issuer.policy(name, tenant, &share, rows);
    touched.in(region, policyKey(name));
  }
  std::erase_if(tenant.regionPolicies, [&](auto& one) { return !shares.contains(one.first); });
  tenant.shares = std::move(shares);
  registry.saveTenant(name, rows);
}

bool Declarations::isMoved(const std::string& tenant) const {
  if (regionsGone || unsettled.contains(tenant)) return true;
  for (auto i = registry.applications.lower_bound({tenant, ""});
       i != registry.applications.end() && i->first.first == tenant; ++i) {
    auto parsed = parseSelector(i->second.selector);
    for (auto& labels : movedSites) {
      if (parsed.selector.matches(labels)) return true;
    }
  }
  return false;
}

void Declarations::agree(Batch& rows, Touched& touched) {
  auto differs = [](const TenantObject& tenant, const Bytes& signedPolicy) {
    Decoded<schema::Signed> envelope(signedPolicy);
    Decoded<schema::Policy> policy(envelope.get().getBody());
    return readQuota(policy.get().getQuota()) != tenant.quota ||
           readBlock(policy.get()) != tenant.block;
  };
  for (auto& [name, tenant] : registry.tenants) {
    bool isSplit = differs(tenant, tenant.policy);
    for (auto& [region, policy] : tenant.regionPolicies) isSplit |= differs(tenant, policy);
    if (!isSplit) continue;
    signPolicies(name, tenant, rows, touched);
    unsettled.insert(name);
  }
  settle(rows, touched);
}

void Declarations::settle(Batch& rows, Touched& touched) {
  for (auto& [name, tenant] : registry.tenants) {
    if (tenant.quota.isBounded() && isMoved(name)) allot(name, tenant, rows, touched);
  }
  unsettled.clear();
  movedSites.clear();
  regionsGone = false;
}

}  // namespace skerry
