// What a site shows to Prometheus: its link, its applications, each of their instances,
// the host.
#pragma once
#include "shared/http/exposition.h"
#include "tier_site/core.h"
#include "tier_site/usage_sampler.h"

namespace skerry {

void measure(const SiteCore& core, const Supervisor& supervisor, Exposition& to);
// What the host and its instances use, as last seen.
void measure(const UsageSampler& sampler, Exposition& to);

}  // namespace skerry
