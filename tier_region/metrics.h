// What a region shows to Prometheus: itself, and each of its sites.
#pragma once
#include "shared/http/exposition.h"
#include "tier_region/core.h"

namespace skerry {

void measure(RegionCore& core, Exposition& to);

}  // namespace skerry
