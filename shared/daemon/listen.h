// The port a daemon serves on.
#pragma once
#include "shared/host/host.h"
#include <string>

namespace skerry {

// `address` as in `--listen`: ADDRESS:PORT; port 0: any free one. FAILED names it, and says what to
// do, when it is no address, is in use, or may not be listened on.
kj::Promise<kj::Own<kj::ConnectionReceiver>> listenOn(Host& host, const std::string& address);

// Where a port that was opened so really is: with the port that was given where any was asked for.
std::string listeningAt(const std::string& address, kj::ConnectionReceiver& port);

}  // namespace skerry
