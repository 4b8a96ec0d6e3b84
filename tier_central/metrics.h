// What central shows to Prometheus: the fleet by region, never by site.
#pragma once
#include "shared/http/exposition.h"
#include "tier_central/core.h"

namespace skerry {

void measure(const CentralCore& core, Exposition& to);

}  // namespace skerry
