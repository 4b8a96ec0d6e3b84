// DIR/admin.sock: how the client on this machine reaches a daemon. Whoever can open the socket
// administers this tier, so its file permissions are the whole access control; the system says who
// it is, `local:UID`.
#pragma once
#include "shared/daemon/admin_desk.h"
#include "shared/link/link_limits.h"

namespace skerry {

constexpr size_t ADMIN_CONNECTIONS_MAX = 64;   // beyond it new ones wait
constexpr kj::StringPtr ADMIN_SOCKET = "admin.sock"_kj;

class AdminSocket final : private kj::TaskSet::ErrorHandler {
public:
  // Listens from now on; connections bootstrap what `desk` makes. Both outlive this.
  static kj::Promise<kj::Own<AdminSocket>> open(Host& host, AdminDesk& desk);
  // So does `timer`.
  AdminSocket(kj::Own<kj::ConnectionReceiver> port, AdminDesk& desk, kj::Timer& timer);
  ~AdminSocket() noexcept(false);

private:
  kj::Promise<void> acceptForEver();
  void taskFailed(kj::Exception&&) override {}

  kj::Own<kj::ConnectionReceiver> port;
  AdminDesk& desk;
  kj::Timer& timer;
  const LinkLimits limits;
  kj::TaskSet connections;
  size_t open_ = 0;
  kj::Promise<void> accepting = nullptr;
};

}  // namespace skerry
