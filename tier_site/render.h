// From what an application runs as to what a driver is told: one slot per service. Pure.
#pragma once
#include "tier_site/effective.h"
#include "tier_site/plan.h"

namespace skerry {

// What this site can fill in.
struct SiteFacts {
  std::string site, host;
};

// Every slot of one application. What every instance gets to know about itself is in its
// environment: SKERRY_SITE, SKERRY_HOST, SKERRY_TENANT, SKERRY_APP, SKERRY_SERVICE.
std::map<InstanceId, Slot> render(const InForce& app, const SiteFacts& facts);

}  // namespace skerry
