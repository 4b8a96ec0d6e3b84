#include "shared/daemon/admin_socket.h"
#include "shared/daemon/admin_connection.h"
#include "shared/link/socket.h"

namespace skerry {

kj::Promise<kj::Own<AdminSocket>> AdminSocket::open(Host& host, AdminDesk& desk) {
  host.files.tryRemove(kj::Path(ADMIN_SOCKET));
  return host.network.parseAddress(kj::str("unix:", host.path, "/", ADMIN_SOCKET))
      .then([&timer = host.timer, &desk](kj::Own<kj::NetworkAddress>&& address) {
    return kj::heap<AdminSocket>(address->listen(), desk, timer);
  });
}

AdminSocket::AdminSocket(kj::Own<kj::ConnectionReceiver> port, AdminDesk& desk, kj::Timer& timer)
    : port(kj::mv(port)), desk(desk), timer(timer), limits(limitsOfClient()),
      connections(*this) {
  accepting = acceptForEver().eagerlyEvaluate([](kj::Exception&&) {});
}

AdminSocket::~AdminSocket() noexcept(false) {}

kj::Promise<void> AdminSocket::acceptForEver() {
  return port->accept().then([this](kj::Own<kj::AsyncIoStream>&& stream) {
    auto caller = Caller{localPrincipal(userOf(*stream)), ADMIN_SOCKET.cStr()};
    auto connection = kj::heap<AdminConnection>(kj::mv(stream), desk.serve(std::move(caller)),
                                                timer, limits);
    auto ended = connection->onEnd();
    ++open_;
    auto served = ended.attach(kj::mv(connection)).then([this] { --open_; },
                                                        [this](kj::Exception&&) { --open_; });
    if (open_ < ADMIN_CONNECTIONS_MAX) {
      connections.add(kj::mv(served));
      return acceptForEver();
    }
    return served.then([this] { return acceptForEver(); });
  });
}

}  // namespace skerry
