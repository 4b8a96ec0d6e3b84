// `skerry-site join`: a certificate from the region, once. And the identity it left, read back.
#pragma once
#include "shared/daemon/joining.h"
#include "shared/pki/identity.h"

namespace skerry {

constexpr kj::StringPtr SITE_DATABASE = "site.db"_kj;

// Idempotent until it has succeeded: the key is kept, so a lost answer is asked for again.
// `hostName` is used where the token leaves it open. FAILED when the folder joined before;
// DISCONNECTED when nobody answered. `proxy` is remembered.
kj::Promise<JoinOutcome> joinSite(Host& host, const Transport& transport, Token token,
                                  std::string hostName, std::string proxy = {});

Identity loadSiteIdentity(Host& host);

}  // namespace skerry
