// DIR/run.json: which process serves this folder, and where: {"pid","listen","http","since"}.
#pragma once
#include "shared/host/host.h"

namespace skerry {

// Written once the daemon is ready; `since` is RFC 3339. A file left by a crash is replaced.
void writeRunFile(Host& host, int pid, kj::StringPtr listen, kj::StringPtr http,
                  kj::StringPtr since);
void removeRunFile(Host& host);

}  // namespace skerry
