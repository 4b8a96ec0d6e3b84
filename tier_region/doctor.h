// `skerry-region doctor`, and what a region adds to it while it serves.
#pragma once
#include "shared/daemon/doctor_verb.h"
#include "tier_region/core.h"

namespace skerry {

Subject regionSubject(Host& host);
// `host` and `transport` outlive the promise. `listen`: as in `serve --listen`.
kj::Promise<Findings> examineRegion(Host& host, const Transport& transport, std::string listen);
// Whether the machine starts the region by itself.
kj::Promise<Findings> readinessOfRegion(Host& host);

}  // namespace skerry
