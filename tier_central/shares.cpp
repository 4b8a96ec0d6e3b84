#include "tier_central/shares.h"
#include <algorithm>

namespace skerry {
namespace {

// The part of `whole` that belongs to `part` of `all`, rounded down.
uint64_t portion(uint64_t whole, uint64_t part, uint64_t all) {
  return all == 0 ? 0 : uint64_t((unsigned __int128)whole * part / all);
}

}  // namespace

std::map<std::string, Quota> allotShares(const Quota& quota,
                                         const std::map<std::string, RegionUse>& regions) {
  std::map<std::string, Quota> shares;
  uint64_t sites = 0;
  for (auto& [name, region] : regions) {
    shares[name];
    sites += region.sites;
  }
  for (auto resource : RESOURCES) {
    if (!quota[resource]) continue;
    uint64_t left = *quota[resource];
    auto give = [&](const std::string& name, uint64_t most) {
      auto given = std::min(left, most);
      left -= given;
      auto& share = shares[name][resource];
      share = share.value_or(0) + given;
    };
    for (auto& [name, region] : regions) {
      auto need = region.demand[resource];
      give(name, std::min(need, region.share[resource].value_or(need)));
    }
    for (auto& [name, region] : regions) {
      auto need = region.demand[resource], has = *shares[name][resource];
      give(name, need > has ? need - has : 0);
    }
    auto rest = left;
    for (auto& [name, region] : regions) give(name, portion(rest, region.sites, sites));
  }
  return shares;
}

}  // namespace skerry
