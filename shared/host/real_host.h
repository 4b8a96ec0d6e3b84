// The machine a daemon really runs on, behind struct Host.
#pragma once
#include "shared/host/host.h"
#include <kj/async-io.h>

namespace skerry {

// What becomes of a data folder that is absent.
enum class DataFolder : uint8_t {
  MAKE,   // mode 0700
  LEAVE,  // also when it cannot be opened: host().files is an empty folder in memory then
};

class RealHost {
public:
  // Opens the data folder. `io` outlives the host; everything that uses host() is gone before it.
  // One per process: it owns the child processes. FAILED, naming the folder, when it cannot be
  // opened or created and may not be left.
  RealHost(kj::AsyncIoContext& io, kj::StringPtr dataFolder, DataFolder absent = DataFolder::MAKE);
  ~RealHost() noexcept(false);
  KJ_DISALLOW_COPY(RealHost);

  Host& host();

private:
  struct Parts;
  kj::Own<Parts> parts;
};

// The system's randomness, for a program that has no data folder.
kj::Own<Entropy> newSystemEntropy();

// Takes SIGTERM and SIGINT from the system. First thing in main(): a thread that exists already
// would go on receiving them and die.
void captureStopSignals();
// The first SIGTERM or SIGINT since captureStopSignals(), by number. One caller at a time.
kj::Promise<int> onStopSignal(kj::AsyncIoContext& io);

}  // namespace skerry
