// The way to a daemon that is elsewhere: TLS with a context's key, to a server of the fleet that
// the context is pinned to. Heavy: include from .cpp files only.
#pragma once
#include "shared/cli/connection.h"
#include "shared/model/context.h"

namespace skerry {

// The first question, who we are, was answered. `cli` outlives the promise; the context is copied.
Task<Connected> connectRemotely(Cli& cli, Context context);

}  // namespace skerry
