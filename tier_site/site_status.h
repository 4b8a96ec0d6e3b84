// What a site reports of itself, as encoded register values (status.capnp). Pure.
#pragma once
#include "shared/daemon/self.h"
#include "shared/daemon/trusted_clock.h"
#include "tier_site/assignments.h"
#include "tier_site/doctor_host.h"
#include "tier_site/head_watch.h"
#include "tier_site/supervisor.h"
#include <map>

namespace skerry {

// What a person should know of the host, by a stable word each.
using HostFindings = std::map<std::string, std::string>;
HostFindings hostFindings(const TrustedClock& trusted, const HeadWatch& head,
                          const GroupFacts& groups);
Bytes hostStatus(const Self& self, const Clock& clock, int64_t startedMs, const HeadWatch& head,
                 const HostFindings& findings);
// `blocked`: why it may not run, whatever was accepted.
Bytes appStatus(const Assignments::App& app, const std::optional<std::string>& blocked);
Bytes instanceStatus(const InstanceId& id, const Supervisor::View& view, const std::string& host,
                     int64_t sinceMs);
// When the state that `view` is in began, given the last report; `nowMs` when it is another one.
int64_t sinceOf(const Bytes& lastReport, const Supervisor::View& view, int64_t nowMs);

}  // namespace skerry
