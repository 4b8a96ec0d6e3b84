// What one who asks reads at the doors for joining and for renewing, from a parent who may be
// anybody: the first byte says at which, the second how the answer comes in pieces.
#include "capnp/enroll.capnp.h"
#include "capnp/renew.capnp.h"
#include "shared/link/replies.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/sample_fleet.h"
#include "test/fuzz/served_stream.h"
#include <capnp/message.h>
#include <capnp/serialize.h>

namespace skerry {
namespace {

enum What : uint8_t { JOINING, RENEWING, WHATS };

void read(Frame& frame, uint8_t what) {
  auto& fleet = sampleFleet();
  auto device = keyHash(*fleet.leaf);
  std::optional<Hash> ca;
  if (what >= WHATS) ca = keyHash(*fleet.ca);  // as a region
  if (what % WHATS == JOINING) {
    auto answer = readEnrollReply(frame, {keyHash(*fleet.root), device, ca});
    if (auto enrolled = std::get_if<Enrolled>(&answer)) {
      mustHold(keyHash(*enrolled->chain.at(0)) == device, "a joiner takes its own certificate");
      mustHold(keyHash(*enrolled->root) == keyHash(*fleet.root), "a joiner takes its token's root");
      mustHold(!ca || keyHash(*enrolled->ca) == *ca, "a region takes a certificate for its key");
    }
    return;
  }
  auto answer = readRenewReply(frame, {share(*fleet.root), device, commonName(*fleet.leaf), ca});
  if (auto renewed = std::get_if<Renewed>(&answer)) {
    mustHold(keyHash(*renewed->chain.at(0)) == device, "a child takes its own certificate");
    mustHold(commonName(*renewed->chain.at(0)) == commonName(*fleet.leaf), "and its own name");
  }
}

void run(BytesView input) {
  kj::EventLoop loop;
  kj::WaitScope wait(loop);
  FuzzInput rest(input);
  auto what = rest.byte();
  size_t piece = rest.byte();
  ServedStream stream(rest.remaining(), piece);
  mayRefuse([&] {
    kj::Promise<kj::Own<Frame>> reading = readFrame(stream, ENROLL_FRAME_BYTES_MAX);
    auto frame = reading.wait(wait);
    read(*frame, what % (2 * WHATS));
  });
}

Bytes seedOf(uint8_t what, uint8_t piece, capnp::MallocMessageBuilder& message) {
  auto words = capnp::messageToFlatArray(message);
  Bytes seed{what, piece};
  seed.insert(seed.end(), words.asBytes().begin(), words.asBytes().end());
  return seed;
}

template <typename Accepted>
void fill(Accepted accepted) {
  auto& fleet = sampleFleet();
  auto chain = accepted.initChain(2);
  chain.set(0, view(der(*fleet.leaf)));
  chain.set(1, view(der(*fleet.ca)));
  accepted.setWallMs(FUZZ_NOW_MS);
}

std::vector<Bytes> seeds() {
  auto& fleet = sampleFleet();
  capnp::MallocMessageBuilder joined, renewed, refused;
  auto accepted = joined.initRoot<schema::EnrollReply>().initAccepted();
  fill(accepted);
  accepted.setRoot(view(der(*fleet.root)));
  accepted.setCa(view(der(*fleet.ca)));
  accepted.setWriter(7);
  accepted.setName("site:oslo/host1");
  fill(renewed.initRoot<schema::RenewReply>().initAccepted());
  auto no = refused.initRoot<schema::RenewReply>().initRefused();
  no.setReason("device-unknown");
  no.setText("no such device");
  return {seedOf(JOINING, 0, joined), seedOf(JOINING + WHATS, 5, joined),
          seedOf(RENEWING, 0, renewed), seedOf(RENEWING, 3, refused), seedOf(JOINING, 0, refused)};
}

FUZZ_TARGET("replies", run, seeds);

}  // namespace
}  // namespace skerry
