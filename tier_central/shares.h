// How central divides a tenant's quota between regions, so that each can admit alone. Pure.
//
//   1  a region keeps what it was given as far as its sites still need it: what runs runs on
//   2  then what its sites need more, region by region in order of name, while there is any
//   3  what is left is divided by the number of sites that match, for those that come to match
//
// The shares of a bounded resource are never more than the quota, whatever is put in.
#pragma once
#include "shared/model/quota.h"
#include <map>
#include <string>

namespace skerry {

struct RegionUse {
  Quota share;         // what it has now; unbounded: never had one, so it keeps what it needs
  Amounts demand;      // of all its sites that match
  uint64_t sites = 0;  // that match an application of the tenant, once per application
};

// By region. A resource that the quota does not bound is bounded in no share.
std::map<std::string, Quota> allotShares(const Quota& quota,
                                         const std::map<std::string, RegionUse>& regions);

}  // namespace skerry
