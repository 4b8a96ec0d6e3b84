// One connection on which an Admin is offered. The bytes pass the filter of frames first: a program
// that opened the wrong door ends its own connection, not the daemon. Heavy: for .cpp files.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/link/frame_filter.h"
#include <capnp/rpc-twoparty.h>

namespace skerry {

constexpr size_t ADMIN_FRAME_BYTES_MAX = 64 << 20;      // many manifests in one call
constexpr size_t ADMIN_HELD_BYTES_MAX = 2 * ADMIN_FRAME_BYTES_MAX;  // of one connection

inline LinkLimits limitsOfClient() {
  LinkLimits limits;
  limits.frameWordsMax = ADMIN_FRAME_BYTES_MAX / sizeof(capnp::word);
  limits.heldBytesMax = ADMIN_HELD_BYTES_MAX;
  return limits;
}

class AdminConnection {
public:
  // `timer` and `limits` outlive it.
  AdminConnection(kj::Own<kj::AsyncIoStream> stream, schema::Admin::Client admin, kj::Timer& timer,
                  const LinkLimits& limits)
      : AdminConnection(kj::mv(stream), kj::mv(admin), timer, limits,
                        kj::newPromiseAndFulfiller<void>()) {}
  kj::Promise<void> onEnd() { return network.onDisconnect().exclusiveJoin(kj::mv(refused)); }

private:
  AdminConnection(kj::Own<kj::AsyncIoStream> stream, schema::Admin::Client admin, kj::Timer& timer,
                  const LinkLimits& limits, kj::PromiseFulfillerPair<void> refusal)
      : stream(kj::mv(stream)),
        filter(*this->stream, timer, limits, [] {},
               [refuse = kj::mv(refusal.fulfiller)](kj::StringPtr) mutable { refuse->fulfill(); }),
        network(filter, capnp::rpc::twoparty::Side::SERVER, capnp::ReaderOptions()),
        rpc(capnp::makeRpcServer(network, kj::mv(admin))),
        refused(refusal.promise.then([&timer, &limits] {
          return timer.afterDelay(limits.farewellMax);
        })) {}

  kj::Own<kj::AsyncIoStream> stream;
  FrameFilter filter;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc;
  kj::Promise<void> refused;
};

}  // namespace skerry
