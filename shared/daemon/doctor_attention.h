// What needs attention below a tier, from the status registers of its sites: each with the command
// that tells more. Pure.
#pragma once
#include "shared/daemon/views.h"
#include "shared/model/finding.h"

namespace skerry {

// Sites that are offline, orders that a site refuses, what hosts say of themselves, and instances
// that cannot run. ATTENTION_LINES_MAX lines at most; how many more there are is the last. One line
// that is fine when there is nothing.
Findings attention(const Registers& registers);

}  // namespace skerry
