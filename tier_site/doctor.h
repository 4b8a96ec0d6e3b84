// `skerry-site doctor`, what a site adds to it while it serves, and the commands with which a
// person sees and ends what runs with no Skerry at all.
#pragma once
#include "shared/daemon/doctor_verb.h"
#include "tier_site/doctor_engine.h"
#include "tier_site/service.h"

namespace skerry {

Subject siteSubject(Host& host);
// `site:oslo/counter` is of the site `oslo`; empty: of none.
std::string siteNamed(const std::string& name);
// `host` and `transport` outlive the promises.
kj::Promise<Findings> examineSite(Host& host, const Transport& transport, SiteConfig config);
// Whether this machine can run services, and would bring them back after a power cut.
kj::Promise<Findings> readinessOfSite(Host& host, SiteConfig config);

// Pure. Every command works with the daemon stopped or broken, and with nothing running.
Findings byHand(const Subject& subject, const EngineFacts& engine, const std::string& site);

}  // namespace skerry
