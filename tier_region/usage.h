// What the sites of a region use: asked through the connections they opened.
#pragma once
#include "shared/daemon/usage_gathering.h"
#include "tier_region/core.h"

namespace skerry {

// Below schema::Admin::USAGE_WAIT_MS, so that who asks this region still hears its answer.
constexpr auto SITE_USAGE_WAIT = 3 * kj::SECONDS;

kj::Promise<kj::Own<GatheredUsage>> gatherUsage(RegionCore& core,
                                                schema::UsageQuery::Reader query);

}  // namespace skerry
