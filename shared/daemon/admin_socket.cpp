#include "shared/daemon/admin_socket.h"
#include "shared/link/frame_filter.h"
#include <capnp/rpc-twoparty.h>

namespace skerry {

namespace {

LinkLimits limitsOfClient() {
  LinkLimits limits;
  limits.frameWordsMax = ADMIN_FRAME_BYTES_MAX / sizeof(capnp::word);
  limits.heldBytesMax = ADMIN_HELD_BYTES_MAX;
  return limits;
}

}  // namespace

class AdminSocket::Connection {
public:
  Connection(kj::Own<kj::AsyncIoStream> stream, schema::Admin::Client admin, kj::Timer& timer,
             const LinkLimits& limits)
      : stream(kj::mv(stream)), filter(*this->stream, timer, limits, [] {}),
        network(filter, capnp::rpc::twoparty::Side::SERVER, capnp::ReaderOptions()),
        rpc(capnp::makeRpcServer(network, kj::mv(admin))),
        refused(filter.onRefused().then([&timer, &limits](kj::String&&) {
          return timer.afterDelay(limits.farewellMax);
        })) {}
  kj::Promise<void> onEnd() { return network.onDisconnect().exclusiveJoin(kj::mv(refused)); }

private:
  kj::Own<kj::AsyncIoStream> stream;
  FrameFilter filter;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc;
  kj::Promise<void> refused;
};

kj::Promise<kj::Own<AdminSocket>> AdminSocket::open(Host& host, schema::Admin::Client admin) {
  host.files.tryRemove(kj::Path(ADMIN_SOCKET));
  return host.network.parseAddress(kj::str("unix:", host.path, "/", ADMIN_SOCKET))
      .then([&timer = host.timer,
             admin = kj::mv(admin)](kj::Own<kj::NetworkAddress>&& address) mutable {
    return kj::heap<AdminSocket>(address->listen(), kj::mv(admin), timer);
  });
}

AdminSocket::AdminSocket(kj::Own<kj::ConnectionReceiver> port, schema::Admin::Client admin,
                         kj::Timer& timer)
    : port(kj::mv(port)), admin(kj::mv(admin)), timer(timer), limits(limitsOfClient()),
      connections(*this) {
  accepting = acceptForEver().eagerlyEvaluate([](kj::Exception&&) {});
}

AdminSocket::~AdminSocket() noexcept(false) {}

kj::Promise<void> AdminSocket::acceptForEver() {
  return port->accept().then([this](kj::Own<kj::AsyncIoStream>&& stream) {
    auto connection = kj::heap<Connection>(kj::mv(stream), admin, timer, limits);
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
