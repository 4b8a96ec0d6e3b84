// Looks at the machine, the folder and the parent, and changes nothing there.
#pragma once
#include "shared/doctor/identity_checks.h"
#include "shared/doctor/machine_checks.h"
#include "shared/link/handshaker.h"

namespace skerry {

// Folder, disk, descriptors and clock: also fit for a daemon that is at work. `clock`: what is
// known beyond the machine's own.
Findings examineMachine(Host& host, const Subject& subject, ClockFacts clock = {});

IdentityFacts lookAtIdentity(Host& host);
// Identity and, where there is one, its certificate.
Findings examineIdentity(Host& host, const Subject& subject, const IdentityFacts& facts,
                         RenewedBy renewal);

// Knocks at the door for joining of each address, all at once, and expects the chain of `root`:
// tells nothing, and disturbs no session. REACH_MAX. `host` and `transport` outlive the promise.
kj::Promise<std::vector<Reached>> reach(Host& host, const Transport& transport,
                                        std::vector<std::string> addresses, Hash root);

}  // namespace skerry
