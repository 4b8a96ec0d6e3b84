#include "shared/link/renew.h"
#include "capnp/renew.capnp.h"
#include "shared/link/dialer.h"
#include "shared/link/listener.h"
#include "test/unit/link/link_sim.h"
#include <capnp/serialize.h>

namespace skerry {
namespace {

// A parent's: at its door for renewing nobody's dates count.
struct Judge final : PeerPolicy {
  Hash root;
  std::set<Hash> revoked;
  int64_t now = NOW_MS;
  bool pins(const Hash& issuer) const override { return issuer == root; }
  bool ignoresDates(Door door, const Hash&) const override { return door == Door::RENEW; }
  bool isRevoked(const Hash& key) const override { return revoked.contains(key); }
  int64_t nowMs() const override { return now; }
};

struct Parent final : RenewDesk {
  LinkSim sim;
  kj::Own<Transport> transport;
  Judge judge;
  JoinerPolicy follower{keyHash(*sim.fleet.root)};  // a child knows its parent whatever the dates
  std::set<Hash> known;
  bool isBroken = false, isConfused = false;
  int sessions = 0;
  kj::Own<Handshaker> shaker;
  kj::Own<Listener> listener;

  explicit Parent(bool overTls) : transport(overTls ? newTlsTransport() : newPlainTransport()) {
    judge.root = keyHash(*sim.fleet.root);
    shaker = transport->newHandshaker(sim.parent.host(), judge, sim.parentIdentity);
    Listener::Doors doors{
      [this](Secured peer) {
        sessions++;
        auto& stream = *peer.stream;
        return stream.write("!", 1).then([peer = kj::mv(peer)]() mutable {
          return drain(kj::mv(peer.stream));
        });
      },
      [](Secured peer) { return drain(kj::mv(peer.stream)); },
      kj::Function<kj::Promise<void>(Secured)>([this](Secured peer) {
        return serveRenew(kj::mv(peer), *this, sim.world.timer());
      })};
    listener = kj::heap<Listener>(sim.listen(), sim.world.timer(), *shaker, kj::mv(doors));
  }

  RenewAnswer renew(RenewAsked asked) override {
    KJ_REQUIRE(!isBroken, "the root key is not there");
    auto& fleet = sim.fleet;
    if (!known.contains(keyHash(*asked.deviceKey))) return unknownDevice("site");
    Renewed next;
    next.wallMs = judge.now;
    auto name = isConfused ? "site:another/host1" : "site:oslo/host1";
    next.chain.push_back(issueLeaf({*fleet.ca, *fleet.caKey}, *asked.deviceKey, name, judge.now,
                                   fleet.entropy));
    next.chain.push_back(share(*fleet.ca));
    if (asked.caKey != nullptr) {
      next.ca = issueIntermediate({*fleet.root, *fleet.rootKey}, *asked.caKey, "region-ca:south",
                                  judge.now, fleet.entropy);
    }
    return next;
  }

  // A child whose certificate ended ten days ago.
  Identity late() { return sim.fleet.identity("site:oslo/host1", NOW_MS - 40 * DAY_MS); }
  RenewAnswer ask(const Identity& self, EVP_PKEY* ca = nullptr) {
    return sim.world.run(skerry::renew(sim.child.host(), *transport,
        Renewer{follower, self, ca, {"parent:7000"}},
        [](const std::string& name) { return name == "region:north"; }), 120'000);
  }
  kj::String refusal(const Identity& self) {
    auto answer = ask(self);
    auto refused = std::get_if<RefusedQuestion>(&answer);
    if (refused == nullptr) return kj::str("renewed");
    return kj::str(refused->reason.c_str(), ": ", refused->text.c_str());
  }
  kj::String failure(const Identity& self) {
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] { ask(self); })) {
      return kj::str(e->getDescription());
    }
    return kj::str("none");
  }
  // Why the session door let nobody in; or that it did.
  kj::String knock(const Identity& self) {
    auto child = transport->newHandshaker(sim.child.host(), follower, self);
    kj::byte answer = 0;
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] {
      auto peer = sim.world.run(child->connect(sim.connect(sim.child), Door::SESSION), 5'000);
      sim.world.run(peer.stream->tryRead(&answer, 1, 1), 5'000);
    })) return kj::str(e->getDescription());
    return kj::str(answer == '!' ? "in" : "hung up on");
  }
};

TEST_CASE("whose certificate has ended is told so, gets the next one, and is in, over TLS too") {
  for (bool overTls : {false, true}) {
    CAPTURE(overTls);
    Parent parent(overTls);
    auto self = parent.late();
    parent.known.insert(keyHash(*self.key));
    CHECK_HAS(parent.knock(self), TOLD_EXPIRED);
    CHECK(parent.sessions == 0);
    auto answer = parent.ask(self);
    REQUIRE(std::holds_alternative<Renewed>(answer));
    auto& next = std::get<Renewed>(answer);
    CHECK(next.ca == nullptr);
    CHECK(next.wallMs == NOW_MS);
    auto again = parent.ask(self);
    CHECK(std::holds_alternative<Renewed>(again));
    self.chain = kj::mv(next.chain);
    CHECK(parent.knock(self) == "in");
    // The parent's clock was ahead when it issued, and is set right.
    parent.judge.now = NOW_MS - 40 * DAY_MS;
    CHECK_HAS(parent.knock(self), TOLD_EXPIRED);
  }
}

class Nothing final : public schema::Pulse::Server {};

TEST_CASE("a session that is refused for its certificate's end knows that from its first call") {
  Parent parent(true);
  auto self = parent.late();
  auto& world = parent.sim.world;
  auto shaker = parent.transport->newHandshaker(parent.sim.child.host(), parent.follower, self);
  auto stream = parent.sim.connect(parent.sim.child);
  auto peer = world.run(shaker->connect(kj::mv(stream), Door::SESSION), 5'000);
  LinkLimits limits;
  Session session(kj::mv(peer.stream), Side::CHILD, kj::heap<Nothing>(), world.timer(), limits);
  auto end = session.onEnd();
  auto call = session.remote().pingRequest().send().ignoreResult();
  auto failed = kj::runCatchingExceptions([&] { world.run(kj::mv(call), 10'000); });
  CHECK_HAS(KJ_ASSERT_NONNULL(failed).getDescription(), TOLD_EXPIRED);
  CHECK_HAS(world.run(kj::mv(end), 10'000), TOLD_EXPIRED);
}

TEST_CASE("a region gets its own and its issuing certificate in one answer") {
  Parent parent(true);
  auto self = parent.late();
  parent.known.insert(keyHash(*self.key));
  auto ca = newKey(parent.sim.fleet.entropy);
  auto answer = parent.ask(self, ca.get());
  REQUIRE(std::holds_alternative<Renewed>(answer));
  CHECK(keyHash(*std::get<Renewed>(answer).ca) == keyHash(*ca));
}

TEST_CASE("a device that nobody registered is refused with what to do") {
  for (bool overTls : {false, true}) {
    CAPTURE(overTls);
    Parent parent(overTls);
    auto self = parent.late();
    CHECK_HAS(parent.knock(self), TOLD_EXPIRED);
    CHECK_HAS(parent.refusal(self), "device-unknown");
    CHECK_HAS(parent.refusal(self), "skerry token create site");
    // With a certificate of another fleet it does not even get that far.
    Fleet other(9);
    auto foreign = other.identity("site:oslo/host1");
    CHECK_HAS(parent.failure(foreign), "no parent could be asked");
  }
}

TEST_CASE("a revoked key is refused at the door for sessions and at the one for renewing") {
  for (bool overTls : {false, true}) {
    CAPTURE(overTls);
    Parent parent(overTls);
    Identity identities[] = {parent.late(), parent.sim.fleet.identity("site:oslo/host1")};
    for (auto& self : identities) {
      parent.known.insert(keyHash(*self.key));
      parent.judge.revoked = {keyHash(*self.key)};
      CHECK_HAS(parent.knock(self), TOLD_REVOKED);
      CHECK_HAS(parent.failure(self), TOLD_REVOKED);
    }
    CHECK(parent.sessions == 0);
  }
}

TEST_CASE("a parent that cannot issue just now says try again") {
  Parent parent(false);
  auto self = parent.late();
  parent.isBroken = true;
  CHECK_HAS(parent.refusal(self), "try-again");
}

TEST_CASE("certificates of another name, and answers of another than the parent, are not taken") {
  Parent parent(false);
  auto self = parent.late();
  parent.known.insert(keyHash(*self.key));
  parent.isConfused = true;
  CHECK_HAS(parent.failure(self), "another device's certificate");
  parent.isConfused = false;
  auto asking = skerry::renew(parent.sim.child.host(), *parent.transport,
                              Renewer{parent.follower, self, nullptr, {"parent:7000"}},
                              [](const std::string& name) { return name == "central"; });
  auto failed = kj::runCatchingExceptions([&] { parent.sim.world.run(kj::mv(asking), 60'000); });
  CHECK_HAS(KJ_ASSERT_NONNULL(failed).getDescription(), "is not our parent");
}

// Who speaks for himself at the door for renewing.
RefusedQuestion rawAnswer(Parent& parent, const Identity& self, BytesView bytes) {
  auto& world = parent.sim.world;
  auto shaker = parent.transport->newHandshaker(parent.sim.child.host(), parent.follower, self);
  auto peer = world.run(shaker->connect(parent.sim.connect(parent.sim.child), Door::RENEW), 5'000);
  world.run(peer.stream->write(bytes.begin(), bytes.size()), 5'000);
  kj::Promise<kj::Own<Frame>> reading = readFrame(*peer.stream, ENROLL_FRAME_BYTES_MAX);
  auto frame = world.run(kj::mv(reading), 30'000);
  auto refused = frame->getRoot<schema::RenewReply>().getRefused();
  return {text(refused.getReason()), text(refused.getText())};
}

TEST_CASE("hostile: who asks for another device's key, or nonsense, gets nothing") {
  Parent parent(true);
  auto self = parent.late(), victim = parent.sim.fleet.identity("site:oslo/host1");
  parent.known = {keyHash(*self.key), keyHash(*victim.key)};
  auto with = [&](const Bytes& device, const Bytes& ca) {
    capnp::MallocMessageBuilder message;
    auto request = message.initRoot<schema::RenewRequest>();
    request.setDeviceRequest(view(device));
    request.setCaRequest(view(ca));
    auto words = capnp::messageToFlatArray(message);
    return rawAnswer(parent, self, words.asBytes());
  };
  CHECK_HAS(with(makeRequest(*victim.key), {}).text.c_str(), "another device's key");
  CHECK(with(pattern(200), {}).reason == "request-malformed");
  CHECK(with({}, {}).reason == "request-malformed");
  CHECK(with(makeRequest(*self.key), pattern(100)).reason == "request-malformed");
  auto silent = parent.transport->newHandshaker(parent.sim.child.host(), parent.follower, self);
  auto peer = parent.sim.world.run(
      silent->connect(parent.sim.connect(parent.sim.child), Door::RENEW), 5'000);
  kj::byte byte;
  auto end = peer.stream->tryRead(&byte, 1, 1);
  size_t count = 0;
  auto hungUp = kj::runCatchingExceptions([&] {
    count = parent.sim.world.run(kj::mv(end), 2 * ENROLL_TIME_MAX / kj::MILLISECONDS);
  });
  CHECK(count == 0);
  KJ_IF_MAYBE(e, hungUp) CHECK(e->getType() == kj::Exception::Type::DISCONNECTED);
}

TEST_CASE("who is refused a resumed connection shows its certificate next, and hears why") {
  Parent parent(true);
  auto self = parent.sim.fleet.identity("site:oslo/host1");
  auto shaker = parent.transport->newHandshaker(parent.sim.child.host(), parent.follower, self);
  std::vector<std::string> reasons;
  bool wasResumed = false;
  kj::Own<Dialer> dialer;
  dialer = kj::heap<Dialer>(parent.sim.child.host(), *shaker,
                            std::vector<std::string>{"parent:7000"}, [&](Secured peer) {
    wasResumed |= peer.peer.resumed;
    if (reasons.empty()) dialer->answered();
    auto read = peer.stream->readAllBytes().then([](auto&&) { return kj::str("hung up on"); });
    return read.attach(kj::mv(peer.stream));
  });
  dialer->whenEnded([&](const std::string& reason) { reasons.push_back(reason); });
  parent.sim.world.runFor(2'000);
  REQUIRE(parent.sessions == 1);
  parent.judge.now += 40 * DAY_MS;
  parent.sim.world.network().connectionsBreak("child");
  parent.sim.world.runFor(20'000);
  CHECK(wasResumed);
  REQUIRE(reasons.size() >= 3);
  CHECK(reasons[1].find(TOLD_EXPIRED) == std::string::npos);
  CHECK_HAS(reasons[2].c_str(), TOLD_EXPIRED);
  CHECK(parent.sessions == 1);
}

}  // namespace
}  // namespace skerry
