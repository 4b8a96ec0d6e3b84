// Processes of the real machine: children by libuv, ends of any process by pidfd.
#pragma once
#include "shared/async/uv_guest.h"
#include "shared/host/host.h"

namespace skerry {

// Destroying it leaves children that still run to themselves. One per OS process.
class RealProcesses final : public Processes, private kj::TaskSet::ErrorHandler {
public:
  // Both outlive it.
  RealProcesses(kj::UnixEventPort& port, UvGuest& guest);
  ~RealProcesses() noexcept(false);
  KJ_DISALLOW_COPY(RealProcesses);

  kj::Promise<Ended> run(Command command) override;
  kj::Promise<void> onExit(int pid) override;
  uint64_t startTime(int pid) override;

private:
  void taskFailed(kj::Exception&& reason) override;

  kj::UnixEventPort& port;
  UvGuest& guest;
  size_t running = 0;
  kj::TaskSet children;
};

}  // namespace skerry
