#include "shared/link/admission.h"
#include "shared/link/dialer.h"
#include "shared/link/listener.h"
#include "test/unit/link/link_sim.h"

namespace skerry {
namespace {

constexpr uint64_t HOUR_MS = 3600'000;

// A child that dials, and what it was told of each session.
struct Child {
  LinkSim& sim;
  bool answers = true;                   // each session is answered at once
  kj::Maybe<kj::Duration> busyFor;       // the parent says so instead
  std::vector<std::string> peers;
  kj::Own<kj::PromiseFulfiller<kj::String>> end;
  kj::Own<Dialer> dialer;

  Child(LinkSim& sim, std::vector<std::string> addresses = {"parent:7000"}) : sim(sim) {
    dialer = kj::heap<Dialer>(sim.child.host(), *sim.childShaker, std::move(addresses),
                              [this](Secured peer) { return use(kj::mv(peer)); });
  }
  kj::Promise<kj::String> use(Secured peer) {
    peers.push_back(peer.peer.name);
    KJ_IF_MAYBE(wait, busyFor) kj::throwFatalException(busy(*wait));
    if (answers) dialer->answered();
    auto paf = kj::newPromiseAndFulfiller<kj::String>();
    end = kj::mv(paf.fulfiller);
    auto gone = drain(kj::mv(peer.stream)).then([] { return kj::str("parent is gone"); });
    return gone.exclusiveJoin(kj::mv(paf.promise));
  }
  const Dialer::State& state() { return dialer->state(); }
};

kj::Own<Listener> parentListener(LinkSim& sim) {
  Listener::Doors doors{[](Secured peer) { return drain(kj::mv(peer.stream)); },
                        [](Secured peer) { return drain(kj::mv(peer.stream)); }};
  return kj::heap<Listener>(sim.listen(), sim.world.timer(), *sim.parentShaker, kj::mv(doors));
}

TEST_CASE("a session is handed over, connected once answered, and dialled again when it ends") {
  LinkSim sim;
  auto parent = parentListener(sim);
  Child child(sim);
  child.answers = false;
  sim.world.runFor(500);
  CHECK(child.peers == std::vector<std::string>{"region:north"});
  CHECK(child.state().phase == Dialer::Phase::GREETING);
  child.dialer->answered();
  CHECK(child.state().phase == Dialer::Phase::CONNECTED);
  CHECK(child.state().sinceMs == sim.child.host().clock.wallMs());
  child.answers = true;
  child.end->fulfill(kj::str("we left"));
  sim.world.runFor(1);
  CHECK(child.state().lastError == "we left");
  CHECK(child.state().failures == 0);
  sim.world.runFor(1000);
  CHECK(child.peers.size() == 2);
  CHECK(child.state().phase == Dialer::Phase::CONNECTED);
  CHECK(child.state().failures == 0);
}

TEST_CASE("a cut is noticed, and healing is enough to be connected again") {
  LinkSim sim;
  auto parent = parentListener(sim);
  Child child(sim);
  sim.world.runFor(500);
  sim.world.network().cut("parent", "child");
  sim.world.runFor(HOUR_MS);
  CHECK(child.state().phase != Dialer::Phase::CONNECTED);
  CHECK_FALSE(child.state().lastError.empty());
  sim.world.network().heal("parent", "child");
  sim.world.runFor(DIAL_BACKOFF_CAP / kj::MILLISECONDS + 5000);
  CHECK(child.state().phase == Dialer::Phase::CONNECTED);
}

// The delay each failure was followed by, for so many failures.
std::vector<int64_t> delays(LinkSim& sim, Child& child, unsigned count) {
  std::vector<int64_t> found;
  unsigned seen = child.state().failures;
  for (uint64_t ms = 0; found.size() < count && ms < 100 * HOUR_MS; ms += 5) {
    sim.world.runFor(5);
    if (child.state().phase == Dialer::Phase::WAITING && child.state().failures != seen) {
      seen = child.state().failures;
      found.push_back(child.state().nextAttemptMs - child.state().sinceMs);
    }
  }
  return found;
}

TEST_CASE("back-off doubles its bound to the cap, and is jittered over all of it") {
  LinkSim sim(7);
  Child child(sim);
  auto waited = delays(sim, child, 40);
  REQUIRE(waited.size() == 40);
  int64_t base = DIAL_BACKOFF_BASE / kj::MILLISECONDS, cap = DIAL_BACKOFF_CAP / kj::MILLISECONDS;
  int64_t least = cap, most = 0;
  for (size_t i = 0; i < waited.size(); i++) {
    CAPTURE(i);
    REQUIRE(waited[i] <= std::min(cap, base << std::min<size_t>(i, 20)));
    if (i > 12) least = std::min(least, waited[i]), most = std::max(most, waited[i]);
  }
  CHECK(least < cap / 4);
  CHECK(most > cap * 3 / 4);
}

TEST_CASE("a parent that accepts and never answers is dialled ever less often") {
  LinkSim sim(3);
  auto parent = parentListener(sim);
  Child child(sim);
  child.answers = false;
  for (int i = 0; i < 200 && child.state().failures < 12; i++) {
    sim.world.runFor(20'000);
    if (child.state().phase == Dialer::Phase::GREETING) child.end->fulfill(kj::str("hello failed"));
  }
  CHECK(child.state().failures == 12);
  child.answers = true;
  child.dialer->kick();
  sim.world.runFor(1000);
  REQUIRE(child.state().phase == Dialer::Phase::CONNECTED);
  CHECK(child.state().failures == 0);
  child.end->fulfill(kj::str("over"));
  sim.world.runFor(1);
  CHECK(child.state().nextAttemptMs - child.state().sinceMs <= 250);
}

TEST_CASE("addresses are tried in turn") {
  LinkSim sim;
  auto parent = parentListener(sim);
  Child child(sim, {"parent:1", "stranger:7000", "parent:7000"});
  sim.world.runFor(10'000);
  CHECK(child.state().phase == Dialer::Phase::CONNECTED);
  CHECK(child.state().address == "parent:7000");
  CHECK(child.state().attempts == 3);
}

TEST_CASE("other addresses hold from the next attempt on") {
  LinkSim sim;
  auto parent = parentListener(sim);
  Child child(sim, {"stranger:1"});
  sim.world.runFor(60'000);
  child.dialer->dial({"parent:7000"});
  child.dialer->kick();
  sim.world.runFor(1000);
  CHECK(child.state().phase == Dialer::Phase::CONNECTED);
  CHECK_THROWS(child.dialer->dial({}));
}

TEST_CASE("a kick ends the waiting at once, and one during an attempt is not forgotten") {
  LinkSim sim;
  Child child(sim);
  sim.world.runFor(HOUR_MS);
  auto before = child.state().attempts;
  if (child.state().phase != Dialer::Phase::WAITING) sim.world.runFor(1000);
  child.dialer->kick();
  sim.world.runFor(1);
  CHECK(child.state().attempts == before + 1);
  child.dialer->kick();
  sim.world.runFor(100);
  CHECK(child.state().attempts >= before + 2);
}

TEST_CASE("busy is honoured, with jitter on top") {
  LinkSim sim(11);
  auto parent = parentListener(sim);
  Child child(sim);
  child.busyFor = 40 * kj::SECONDS;
  auto waited = delays(sim, child, 10);
  REQUIRE(waited.size() == 10);
  std::set<int64_t> different(waited.begin(), waited.end());
  CHECK(different.size() > 5);
  for (auto ms : waited) {
    CHECK(ms >= 40'000);
    CHECK(ms <= 50'000);
  }
}

TEST_CASE("a parent that takes the connection and says nothing is given up") {
  LinkSim sim;
  auto port = sim.listen();
  Child child(sim);
  auto accepted = sim.world.run(port->accept(), 5000);
  sim.world.runFor(HANDSHAKE_MAX / kj::MILLISECONDS - 1000);
  CHECK(child.state().phase == Dialer::Phase::CONNECTING);
  sim.world.runFor(2000);
  CHECK(child.state().failures >= 1);
  CHECK(has(child.state().lastError, "too long"));
}

TEST_CASE("an address that cannot be understood is an error like any other") {
  LinkSim sim;
  Child child(sim, {"no address at all"});
  sim.world.runFor(10'000);
  CHECK(child.state().attempts > 2);
  CHECK_FALSE(child.state().lastError.empty());
}

TEST_CASE("destroying the dialer ends the session") {
  LinkSim sim;
  auto port = sim.listen();
  auto accepting = port->accept().then([&](kj::Own<kj::AsyncIoStream> stream) {
    return sim.parentShaker->accept(kj::mv(stream));
  });
  Child child(sim);
  auto peer = sim.world.run(kj::mv(accepting), 5000);
  sim.world.runFor(100);
  child.dialer = nullptr;
  kj::byte byte;
  bool ended = false;
  kj::runCatchingExceptions([&] {
    ended = sim.world.run(peer.stream->tryRead(&byte, 1, 1), 1000) == 0;
  });
  CHECK(ended);
}

}  // namespace
}  // namespace skerry
