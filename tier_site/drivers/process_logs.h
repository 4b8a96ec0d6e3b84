// The log of a process service, from its ring.
#pragma once
#include "shared/host/host.h"
#include "tier_site/drivers/driver.h"

namespace skerry {

// As Driver::logs(). `host` and `sink` outlive the promise.
kj::Promise<void> readProcessLogs(Host& host, InstanceId id, LogOptions options, LogSink& sink);

}  // namespace skerry
