// The next certificate of a context, asked of central while this one is good: so whoever works with
// a context never sees it end. Heavy: include from .cpp files only.
#pragma once
#include "shared/cli/cli.h"
#include "shared/pki/identity.h"
#include "shared/link/handshaker.h"

namespace skerry {

// From half of its life on. By this machine's clock, of which the server's opinion is not known:
// where that says that the certificate has ended, it is the clock that is wrong.
bool isRenewalDue(X509& certificate, int64_t nowMs);

// Asks at the renew door of the context's server, to which `opening` leads, and keeps the answer in
// every context of this user with the same key; a region's cannot give one. Never fails: what did
// not succeed is tried again by the next command, and said only when little time is left. `cli`
// outlives the promise.
Task<void> renewContext(Cli& cli, Context context, Identity identity,
                        kj::Promise<Secured> opening);

}  // namespace skerry
