// The door for renewing: what a child asks who has shown the key of a certificate, ended or not.
#include "capnp/renew.capnp.h"
#include "shared/link/renew.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/sample_fleet.h"
#include "test/fuzz/served_stream.h"
#include <capnp/message.h>
#include <capnp/serialize.h>

namespace skerry {
namespace {

struct Desk final : RenewDesk {
  RenewAnswer renew(RenewAsked asked) override {
    bool isShown = asked.deviceKey != nullptr &&
                   keyHash(*asked.deviceKey) == keyHash(*sampleFleet().leaf);
    mustHold(isShown, "a certificate is asked for the key that was shown, and no other");
    KJ_REQUIRE(asked.version != "fail", "the desk cannot issue");
    return RefusedQuestion{"device-unknown", "no such device"};
  }
};

void run(BytesView input) {
  kj::EventLoop loop;
  kj::WaitScope wait(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  FuzzInput rest(input);
  size_t piece = rest.byte();
  Desk desk;
  Secured peer{kj::heap<ServedStream>(rest.remaining(), piece), PeerIdentity()};
  peer.peer.key = keyHash(*sampleFleet().leaf);
  auto served = serveRenew(kj::mv(peer), desk, timer);
  mayRefuse([&] { served.wait(wait); });
}

std::vector<Bytes> seeds() {
  auto made = [](EVP_PKEY& device, const char* version, uint8_t piece, bool isRegion) {
    capnp::MallocMessageBuilder message;
    auto request = message.initRoot<schema::RenewRequest>();
    request.setDeviceRequest(view(makeRequest(device)));
    if (isRegion) request.setCaRequest(view(makeRequest(*sampleFleet().caKey)));
    request.setVersion(version);
    auto words = capnp::messageToFlatArray(message);
    Bytes seed{piece};
    seed.insert(seed.end(), words.asBytes().begin(), words.asBytes().end());
    return seed;
  };
  auto& fleet = sampleFleet();
  return {made(*fleet.leafKey, "0.1.0", 0, false), made(*fleet.leafKey, "0.1.0", 7, true),
          made(*fleet.leafKey, "fail", 0, false), made(*fleet.caKey, "0.1.0", 0, false)};
}

FUZZ_TARGET("renew", run, seeds);

}  // namespace
}  // namespace skerry
