#include "shared/daemon/admin_socket.h"
#include <capnp/rpc-twoparty.h>

namespace skerry {

// A client on this machine: trusted with everything, so no filter stands before it.
class AdminSocket::Connection {
public:
  Connection(kj::Own<kj::AsyncIoStream> stream, schema::Admin::Client admin)
      : stream(kj::mv(stream)),
        network(*this->stream, capnp::rpc::twoparty::Side::SERVER, capnp::ReaderOptions()),
        rpc(capnp::makeRpcServer(network, kj::mv(admin))) {}
  kj::Promise<void> onEnd() { return network.onDisconnect(); }

private:
  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc;
};

kj::Promise<kj::Own<AdminSocket>> AdminSocket::open(Host& host, schema::Admin::Client admin) {
  host.files.tryRemove(kj::Path(ADMIN_SOCKET));
  return host.network.parseAddress(kj::str("unix:", host.path, "/", ADMIN_SOCKET))
      .then([admin = kj::mv(admin)](kj::Own<kj::NetworkAddress>&& address) mutable {
    return kj::heap<AdminSocket>(address->listen(), kj::mv(admin));
  });
}

AdminSocket::AdminSocket(kj::Own<kj::ConnectionReceiver> port, schema::Admin::Client admin)
    : port(kj::mv(port)), admin(kj::mv(admin)), connections(*this) {
  accepting = acceptForEver().eagerlyEvaluate([](kj::Exception&&) {});
}

AdminSocket::~AdminSocket() noexcept(false) {}

kj::Promise<void> AdminSocket::acceptForEver() {
  return port->accept().then([this](kj::Own<kj::AsyncIoStream>&& stream) {
    auto connection = kj::heap<Connection>(kj::mv(stream), admin);
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
