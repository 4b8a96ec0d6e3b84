// `skerry-site leave`: this machine stops being a host of its site. Its applications end, its
// region forgets its key, its keys and its store are erased; it may join again. Every step may be
// repeated, and one that was interrupted is done by the next `leave`.
#pragma once
#include "shared/link/handshaker.h"
#include "tier_site/runtimes.h"

namespace skerry {

enum class Wipe : uint8_t {
  OURS,        // keys, store, services' folders
  EVERYTHING,  // whatever else is in the data folder, too
};

constexpr auto DAEMON_ENDS_MAX = 15 * kj::SECONDS;
constexpr auto REGION_ANSWERS_MAX = 30 * kj::SECONDS;  // at each of its addresses

// Answers the exit code, having told a person what was done. Needs no region: one that cannot be
// told is named with what it goes on believing. Erases nothing while an application of the site may
// still run. `host` and `transport` outlive the promise.
kj::Promise<int> leaveSite(Host& host, const Transport& transport, SiteConfig config, Wipe wipe);

// Only stops the daemon and ends the applications; they begin again when it serves again.
kj::Promise<int> endSite(Host& host, SiteConfig config);

}  // namespace skerry
