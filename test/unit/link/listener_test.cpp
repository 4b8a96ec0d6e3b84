#include "shared/link/listener.h"
#include "test/unit/link/link_sim.h"

namespace skerry {
namespace {

struct Port {
  LinkSim& sim;
  std::vector<PeerIdentity> sessions, enrolling;
  bool throwNext = false, isWanted = false;
  kj::Own<Listener> listener;

  explicit Port(LinkSim& sim, Listener::Limits limits = {},
                kj::Maybe<kj::Own<kj::ConnectionReceiver>> receiver = nullptr) : sim(sim) {
    kj::Own<kj::ConnectionReceiver> port;
    KJ_IF_MAYBE(r, receiver) port = kj::mv(*r);
    else port = sim.listen();
    Listener::Doors doors{
      [this](Secured peer) { return take(sessions, kj::mv(peer)); },
      [this](Secured peer) { return take(enrolling, kj::mv(peer)); },
    };
    listener = kj::heap<Listener>(kj::mv(port), sim.world.timer(), *sim.parentShaker,
                                  kj::mv(doors), limits);
  }
  kj::Promise<void> take(std::vector<PeerIdentity>& into, Secured peer) {
    into.push_back(peer.peer);
    KJ_REQUIRE(!throwNext, "this door is broken");
    if (isWanted) listener->wasLetIn();
    return drain(kj::mv(peer.stream));
  }
  kj::Promise<Secured> dial(Door door = Door::SESSION) {
    return sim.childShaker->connect(sim.connect(sim.child), door);
  }
};

TEST_CASE("each peer is passed to the door it asked for") {
  LinkSim sim;
  Port port(sim);
  auto session = sim.world.run(port.dial(), 5000);
  auto joining = sim.world.run(port.dial(Door::ENROLL), 5000);
  sim.world.runFor(100);
  REQUIRE(port.sessions.size() == 1);
  CHECK(port.sessions[0].name == "site:oslo/host1");
  REQUIRE(port.enrolling.size() == 1);
  CHECK_FALSE(port.enrolling[0].key.has_value());
  CHECK(port.listener->counts().admitted == 2);
  CHECK(port.listener->halfOpen() == 0);
}

TEST_CASE("garbage and silence cost their own connection, and silence only until the deadline") {
  LinkSim sim;
  Port port(sim);
  auto garbage = sim.connect(sim.stranger), silent = sim.connect(sim.stranger);
  auto bytes = pattern(3000);
  bytes[0] = 5, bytes[1] = 0;
  sim.world.run(garbage->write(bytes.data(), bytes.size()), 1000);
  auto honest = sim.world.run(port.dial(), 5000);
  sim.world.runFor(500);
  CHECK(port.sessions.size() == 1);
  CHECK(port.listener->counts().refused == 1);
  CHECK(port.listener->halfOpen() == 1);
  sim.world.runFor(HANDSHAKE_MAX / kj::MILLISECONDS + 1000);
  CHECK(port.listener->halfOpen() == 0);
  CHECK(port.listener->counts().refused == 2);
  CHECK_HAS(port.listener->lastRefusal(), "too long");
}

TEST_CASE("when too many are in handshake the oldest gives way to an honest one") {
  LinkSim sim;
  Listener::Limits limits;
  limits.halfOpenMax = 8;
  Port port(sim, limits);
  kj::Vector<kj::Own<kj::AsyncIoStream>> silent;
  for (int i = 0; i < 30; i++) silent.add(sim.connect(sim.stranger));
  sim.world.runFor(100);
  // None gives way before it had its time.
  CHECK(port.listener->halfOpen() == 8);
  CHECK(port.listener->counts().displaced == 0);
  sim.world.runFor(3 * (HALF_OPEN_MIN / kj::MILLISECONDS));
  CHECK(port.listener->halfOpen() == 8);
  CHECK(port.listener->counts().displaced == 22);
  auto honest = sim.world.run(port.dial(), 5000);
  sim.world.runFor(100);
  CHECK(port.sessions.size() == 1);
  CHECK(port.listener->halfOpen() <= 8);
}

TEST_CASE("connections are accepted at the rate allowed, none is lost") {
  LinkSim sim;
  Listener::Limits limits;
  limits.acceptsPerSecond = 2;
  limits.acceptsAtOnce = 4;
  Port port(sim, limits);
  kj::Vector<kj::Own<kj::AsyncIoStream>> waiting;
  for (int i = 0; i < 12; i++) waiting.add(sim.connect(sim.child));
  sim.world.runFor(10);
  CHECK(port.listener->counts().accepted <= 6);
  sim.world.runFor(6000);
  CHECK(port.listener->counts().accepted == 12);
}

TEST_CASE("who is let in does not count against the rate of those who come for nothing") {
  LinkSim sim;
  Listener::Limits limits;
  limits.acceptsPerSecond = 1;
  limits.acceptsAtOnce = 2;
  Port port(sim, limits);
  for (int i = 0; i < 4; i++) port.dial().detach([](kj::Exception&&) {});
  sim.world.runFor(1500);
  CHECK(port.listener->counts().accepted == 3);  // two, and one in the second after them
  sim.world.runFor(2500);
  port.isWanted = true;
  for (int i = 0; i < 40; i++) port.dial().detach([](kj::Exception&&) {});
  sim.world.runFor(900);
  CHECK(port.sessions.size() == 44);
}

TEST_CASE("handshakes that take long keep the next waiting for a second only") {
  LinkSim sim;
  Listener::Limits limits;
  limits.shakingAtOnce = 4;
  Port port(sim, limits);
  kj::Vector<kj::Own<kj::AsyncIoStream>> silent;
  for (int i = 0; i < 10; i++) silent.add(sim.connect(sim.stranger));
  sim.world.runFor(500);
  CHECK(port.listener->halfOpen() == 4);
  sim.world.runFor(1000);
  CHECK(port.listener->halfOpen() == 8);
  auto honest = sim.world.run(port.dial(), 5000);
  CHECK(port.listener->counts().displaced == 0);
}

TEST_CASE("a door that fails ends one connection, not the listening") {
  LinkSim sim;
  Port port(sim);
  port.throwNext = true;
  auto unlucky = sim.world.run(port.dial(), 5000);
  sim.world.runFor(100);
  CHECK_HAS(port.listener->lastRefusal(), "this door is broken");
  port.throwNext = false;
  auto lucky = sim.world.run(port.dial(), 5000);
  sim.world.runFor(100);
  CHECK(port.sessions.size() == 2);
}

// A port of a process that has run out of descriptors, for a while.
class FailingPort final : public kj::ConnectionReceiver {
public:
  FailingPort(kj::Own<kj::ConnectionReceiver> inner, int failures)
      : inner(kj::mv(inner)), failures(failures) {}
  kj::Promise<kj::Own<kj::AsyncIoStream>> accept() override {
    if (failures-- > 0) {
      auto e = KJ_EXCEPTION(FAILED, "accept: Too many open files");
      if (failures % 2 == 0) kj::throwFatalException(kj::mv(e));  // as KJ's own sockets do
      return kj::mv(e);
    }
    return inner->accept();
  }
  kj::uint getPort() override { return inner->getPort(); }

private:
  kj::Own<kj::ConnectionReceiver> inner;
  int failures;
};

TEST_CASE("a port that fails is tried again, ever less often, and listens on") {
  LinkSim sim;
  Port port(sim, {}, kj::Own<kj::ConnectionReceiver>(kj::heap<FailingPort>(sim.listen(), 9)));
  auto dialled = port.dial();
  sim.world.runFor(400);
  CHECK(port.sessions.empty());
  CHECK(port.listener->counts().acceptFailures > 1);
  CHECK(port.listener->counts().acceptFailures < 9);
  CHECK_HAS(port.listener->lastRefusal(), "Too many open files");
  auto peer = sim.world.run(kj::mv(dialled), 10'000);
  sim.world.runFor(100);
  CHECK(port.sessions.size() == 1);
}

TEST_CASE("a renewed certificate is shown to whoever comes next") {
  LinkSim sim;
  Port port(sim);
  auto before = sim.world.run(port.dial(), 5000);
  auto renewed = sim.fleet.identity("region:north");
  auto shaker = sim.transport->newHandshaker(sim.parent.host(), sim.policy, renewed);
  port.listener->use(*shaker);
  auto after = sim.world.run(port.dial(), 5000);
  CHECK(before.peer.key == keyHash(*sim.parentIdentity.key));
  CHECK(after.peer.key == keyHash(*renewed.key));
  port.listener = nullptr;
}

TEST_CASE("destroying the listener ends its connections") {
  LinkSim sim;
  Port port(sim);
  auto peer = sim.world.run(port.dial(), 5000);
  auto silent = sim.connect(sim.stranger);
  sim.world.runFor(100);
  port.listener = nullptr;
  kj::byte byte;
  bool ended = false;
  kj::runCatchingExceptions([&] {
    ended = sim.world.run(peer.stream->tryRead(&byte, 1, 1), 1000) == 0;
  });
  CHECK(ended);
}

}  // namespace
}  // namespace skerry
