// What this site answers when it is asked what things use. Pure.
#pragma once
#include "shared/daemon/usage.h"
#include "tier_site/usage_sampler.h"

namespace skerry {

// Its labels are the asker's affair.
UsageTable usageHere(const std::string& site, const UsageSampler& sampler,
                     schema::UsageQuery::Reader query);

}  // namespace skerry
