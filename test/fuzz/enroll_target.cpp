// The door for joining: what a stranger asks of a parent.
#include "capnp/enroll.capnp.h"
#include "shared/link/enroll.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/served_stream.h"
#include <capnp/message.h>
#include <capnp/serialize.h>

namespace skerry {
namespace {

OwnKey keyOf(uint8_t seed) { return keyFromSeed(view(Bytes(SEED_BYTES, seed))); }

struct Desk final : EnrollDesk {
  kj::Promise<EnrollAnswer> enroll(EnrollAsked asked) override {
    mustHold(asked.deviceKey != nullptr, "who asks has shown a key");
    mustHold(asked.documentKey.empty() || asked.documentKey.size() == PUBLIC_KEY_BYTES,
             "a document key is one");
    KJ_REQUIRE(asked.token != "fail", "the desk cannot write");
    return EnrollAnswer(EnrollRefused{"token-unknown", "no such token"});
  }
};

void run(BytesView input) {
  kj::EventLoop loop;
  kj::WaitScope wait(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  FuzzInput rest(input);
  size_t piece = rest.byte();
  Desk desk;
  auto served = serveEnroll(kj::heap<ServedStream>(rest.remaining(), piece), desk, timer);
  mayRefuse([&] { served.wait(wait); });
}

std::vector<Bytes> seeds() {
  auto made = [](std::string_view token, uint8_t piece, bool isRegion) {
    capnp::MallocMessageBuilder message;
    auto request = message.initRoot<schema::EnrollRequest>();
    request.setToken(std::string(token).c_str());
    request.setSecret(view(Bytes(32, 1)));
    request.setDeviceRequest(view(makeRequest(*keyOf(1))));
    if (isRegion) {
      request.setCaRequest(view(makeRequest(*keyOf(2))));
      request.setDocumentKey(view(Bytes(32, 3)));
    }
    request.setHost("host1");
    request.setVersion("0.1.0");
    auto words = capnp::messageToFlatArray(message);
    Bytes seed{piece};
    seed.insert(seed.end(), words.asBytes().begin(), words.asBytes().end());
    return seed;
  };
  return {made("abcd", 0, false), made("abcd", 5, true), made("fail", 0, false)};
}

FUZZ_TARGET("enroll", run, seeds);

}  // namespace
}  // namespace skerry
