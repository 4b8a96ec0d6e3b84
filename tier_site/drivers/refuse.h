// How a driver says no.
#pragma once
#include "tier_site/drivers/instance.h"
#include <kj/debug.h>

namespace skerry {

// FAILED with a text that is the whole message, for a person: what, which, and what to do.
[[noreturn]] inline void refuse(const InstanceId& id, const std::string& why) {
  kj::throwFatalException(KJ_EXCEPTION(FAILED, kj::str(id.str().c_str(), ": ", why.c_str())));
}

}  // namespace skerry
