// DIR/admin.sock: how the client reaches a daemon. Whoever can open the socket administers this
// tier, so its file permissions are the whole access control. The bytes still pass the filter of
// frames: a program that opened the wrong socket ends its own connection, not the daemon.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/host/host.h"
#include "shared/link/link_limits.h"

namespace skerry {

constexpr size_t ADMIN_CONNECTIONS_MAX = 64;   // beyond it new ones wait
constexpr size_t ADMIN_FRAME_BYTES_MAX = 64 << 20;      // many manifests in one call
constexpr size_t ADMIN_HELD_BYTES_MAX = 2 * ADMIN_FRAME_BYTES_MAX;  // of one connection
constexpr kj::StringPtr ADMIN_SOCKET = "admin.sock"_kj;

class AdminSocket final : private kj::TaskSet::ErrorHandler {
public:
  // Listens from now on; connections bootstrap `admin`. `host` outlives this.
  static kj::Promise<kj::Own<AdminSocket>> open(Host& host, schema::Admin::Client admin);
  // So does `timer`.
  AdminSocket(kj::Own<kj::ConnectionReceiver> port, schema::Admin::Client admin, kj::Timer& timer);
  ~AdminSocket() noexcept(false);

private:
  class Connection;
  kj::Promise<void> acceptForEver();
  void taskFailed(kj::Exception&&) override {}

  kj::Own<kj::ConnectionReceiver> port;
  schema::Admin::Client admin;
  kj::Timer& timer;
  const LinkLimits limits;
  kj::TaskSet connections;
  size_t open_ = 0;
  kj::Promise<void> accepting = nullptr;
};

}  // namespace skerry
