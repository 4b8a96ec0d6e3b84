// The port a daemon serves on.
#pragma once
#include "shared/host/host.h"
#include <string>

namespace skerry {

// `address` as in `--listen`: ADDRESS:PORT; port 0: any free one. FAILED names it, and says what to
// do, when it is no address, is in use, or may not be listened on.
kj::Promise<kj::Own<kj::ConnectionReceiver>> listenOn(Host& host, const std::string& address);

}  // namespace skerry
