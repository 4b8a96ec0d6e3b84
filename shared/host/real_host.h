// The machine a daemon really runs on, behind struct Host.
#pragma once
#include "shared/host/host.h"
#include <kj/async-io.h>

namespace skerry {

class RealHost {
public:
  // Opens the data folder, and creates it (mode 0700) if it is absent. `io` outlives the host;
  // everything that uses host() is gone before it. One per process: it owns the child processes.
  // FAILED, naming the folder, when it cannot be opened or created.
  RealHost(kj::AsyncIoContext& io, kj::StringPtr dataFolder);
  ~RealHost() noexcept(false);
  KJ_DISALLOW_COPY(RealHost);

  Host& host();

private:
  struct Parts;
  kj::Own<Parts> parts;
};

// Takes SIGTERM and SIGINT from the system. First thing in main(): a thread that exists already
// would go on receiving them and die.
void captureStopSignals();
// The first SIGTERM or SIGINT since captureStopSignals(), by number. One caller at a time.
kj::Promise<int> onStopSignal(kj::AsyncIoContext& io);

}  // namespace skerry
