// The log of a container, from its engine.
#pragma once
#include "tier_site/drivers/driver.h"
#include "tier_site/drivers/engine_client.h"

namespace skerry {

// As Driver::logs() of the container of that name or id. `client` and `sink` outlive the promise.
kj::Promise<void> readEngineLogs(EngineClient& client, std::string container, LogOptions options,
                                 LogSink& sink);

}  // namespace skerry
