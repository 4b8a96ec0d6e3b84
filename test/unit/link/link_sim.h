// A parent and a child as simulated hosts, on virtual time.
#pragma once
#include "shared/link/handshaker.h"
#include "test/sim/plain_handshaker.h"
#include "test/sim/sim_host.h"
#include "test/unit/link/link_world.h"

namespace skerry {

struct LinkSim {
  explicit LinkSim(uint64_t seed = 1) : world(seed) {
    for (auto host : {&parent, &child, &stranger}) host->powerOn();
    policy.pinned.insert(keyHash(*fleet.root));
  }

  kj::Own<kj::ConnectionReceiver> listen() {
    auto address = world.run(parent.host().network.parseAddress("*:7000"), 1000);
    return address->listen();
  }
  kj::Own<kj::AsyncIoStream> connect(SimHost& from) {
    auto address = world.run(from.host().network.parseAddress("parent:7000"), 1000);
    return world.run(address->connect(), 10'000);
  }

  Fleet fleet;
  SetPolicy policy;
  SimWorld world;
  SimHost parent{world, "parent"}, child{world, "child"}, stranger{world, "stranger"};
  kj::Own<Transport> transport = newPlainTransport();
  Identity parentIdentity = fleet.identity("region:north");
  Identity childIdentity = fleet.identity("site:oslo/host1");
  kj::Own<Handshaker> parentShaker =
      transport->newHandshaker(parent.host(), policy, parentIdentity);
  kj::Own<Handshaker> childShaker = transport->newHandshaker(child.host(), policy, childIdentity);
};

// Reads and drops until the peer is gone.
inline kj::Promise<void> drain(kj::Own<kj::AsyncIoStream> stream) {
  auto read = stream->readAllBytes().ignoreResult();
  return read.attach(kj::mv(stream)).catch_([](kj::Exception&&) {});
}

}  // namespace skerry
