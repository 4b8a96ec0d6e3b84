// From what was accepted to what a driver is told: one slot per service of an application. Pure.
#pragma once
#include "tier_site/run.h"
#include "tier_site/verified.h"

namespace skerry {

// What this site can fill in.
struct SiteFacts {
  std::string site, host;
};

// Every slot of one application. What every instance gets to know about itself is in its
// environment: SKERRY_SITE, SKERRY_HOST, SKERRY_TENANT, SKERRY_APP, SKERRY_SERVICE.
std::map<InstanceId, Slot> render(const Acted& app, const SiteFacts& facts);

}  // namespace skerry
