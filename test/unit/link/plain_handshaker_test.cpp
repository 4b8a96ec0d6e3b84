#include "test/unit/link/link_sim.h"

namespace skerry {
namespace {

struct Pair { kj::Promise<Secured> server, client; };

Pair shake(LinkSim& sim, Handshaker& dialler, Door door = Door::SESSION) {
  auto port = sim.listen();
  auto client = sim.connect(sim.child);
  auto server = sim.world.run(port->accept(), 1000);
  return {sim.parentShaker->accept(kj::mv(server)), dialler.connect(kj::mv(client), door)};
}

std::string outcome(LinkSim& sim, kj::Promise<Secured> promise) {
  KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] { sim.world.run(kj::mv(promise), 60'000); })) {
    return text(e->getDescription());
  }
  return "accepted";
}

TEST_CASE("simulated ends know each other as TLS would let them") {
  LinkSim sim;
  auto pair = shake(sim, *sim.childShaker);
  auto server = sim.world.run(kj::mv(pair.server), 5000);
  auto client = sim.world.run(kj::mv(pair.client), 5000);
  CHECK(server.peer.key == keyHash(*sim.childIdentity.key));
  CHECK(server.peer.name == "site:oslo/host1");
  CHECK(client.peer.key == keyHash(*sim.parentIdentity.key));
  kj::byte byte = 9;
  sim.world.run(client.stream->write(&byte, 1), 1000);
  CHECK(sim.world.run(server.stream->tryRead(&byte, 1, 1), 1000) == 1);
}

TEST_CASE("simulated handshakes are judged like real ones") {
  struct Case { const char* name; void (*arrange)(LinkSim&); const char* says; };
  Case cases[] = {
    {"revoked", [](LinkSim& s) { s.policy.revoked = {keyHash(*s.childIdentity.key)}; }, "revoked"},
    {"issuer revoked", [](LinkSim& s) { s.policy.revoked = {keyHash(*s.fleet.caKey)}; }, "revoked"},
    {"expired", [](LinkSim& s) { s.policy.aheadMs = 60 * DAY_MS; }, "expired"},
    {"not pinned", [](LinkSim& s) { s.policy.pinned.clear(); }, "no issuer is one we know"},
  };
  for (auto& one : cases) {
    CAPTURE(one.name);
    LinkSim sim;
    SetPolicy trusting;
    trusting.pinned.insert(keyHash(*sim.fleet.root));
    sim.childShaker = sim.transport->newHandshaker(sim.child.host(), trusting, sim.childIdentity);
    one.arrange(sim);
    auto pair = shake(sim, *sim.childShaker);
    CHECK_HAS(outcome(sim, kj::mv(pair.server)).c_str(), one.says);
  }
}

TEST_CASE("a simulated peer of another root, or without a certificate, is refused") {
  LinkSim sim;
  Fleet other(2);
  auto foreign = other.identity("site:oslo/host1");
  foreign.root = share(*sim.fleet.root);
  auto shaker = sim.transport->newHandshaker(sim.child.host(), sim.policy, foreign);
  auto pair = shake(sim, *shaker);
  CHECK_HAS(outcome(sim, kj::mv(pair.server)).c_str(), "unable to get");
  auto nobody = sim.transport->newHandshaker(sim.child.host(), sim.policy, sim.fleet.nobody());
  auto naked = shake(sim, *nobody);
  CHECK_HAS(outcome(sim, kj::mv(naked.client)).c_str(), "without a certificate");
  CHECK(outcome(sim, kj::mv(naked.server)) != "accepted");
}

TEST_CASE("a copied certificate is worth nothing without its key") {
  LinkSim sim;
  auto thief = share(sim.childIdentity);
  thief.key = newKey(sim.fleet.entropy);
  auto shaker = sim.transport->newHandshaker(sim.child.host(), sim.policy, thief);
  auto pair = shake(sim, *shaker);
  CHECK_HAS(outcome(sim, kj::mv(pair.server)).c_str(), "does not hold the key");
}

TEST_CASE("a simulated joiner needs nothing but the pin, and refuses another") {
  LinkSim sim;
  JoinerPolicy right(keyHash(*sim.fleet.root)), wrong(sha256(view("x")));
  auto joiner = sim.transport->newHandshaker(sim.child.host(), right, Identity());
  auto pair = shake(sim, *joiner, Door::ENROLL);
  CHECK(sim.world.run(kj::mv(pair.client), 5000).peer.key == keyHash(*sim.parentIdentity.key));
  CHECK_FALSE(sim.world.run(kj::mv(pair.server), 5000).peer.key.has_value());
  auto misled = sim.transport->newHandshaker(sim.child.host(), wrong, Identity());
  auto refused = shake(sim, *misled, Door::ENROLL);
  CHECK_HAS(outcome(sim, kj::mv(refused.client)).c_str(), "root key that the token names");
}

TEST_CASE("a simulated handshake nobody answers ends at its deadline") {
  LinkSim sim;
  auto port = sim.listen();
  auto shaking = sim.childShaker->connect(sim.connect(sim.child), Door::SESSION);
  CHECK_HAS(outcome(sim, kj::mv(shaking)).c_str(), "too long");
}

TEST_CASE("equal seeds shake hands in equal bytes") {
  Bytes hellos[2];
  for (auto& hello : hellos) {
    LinkSim sim(42);
    auto port = sim.listen();
    auto shaking = sim.childShaker->connect(sim.connect(sim.child), Door::SESSION).ignoreResult();
    auto server = sim.world.run(port->accept(), 1000);
    hello.resize(4096);
    auto read = server->tryRead(hello.data(), 200, hello.size());
    hello.resize(sim.world.run(kj::mv(read), 1000));
  }
  CHECK(hellos[0].size() >= 200);
  CHECK(hellos[0] == hellos[1]);
}

}  // namespace
}  // namespace skerry
