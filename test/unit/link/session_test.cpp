#include "shared/link/frame_filter.h"
#include "test/unit/link/script_server.h"

namespace skerry {
namespace {

TEST_CASE("both ends call each other, and the parent's object knows whose it is") {
  LinkWorld w;
  Linked l(w);
  auto me = call(l.up(), WHOAMI).send().wait(w.wait);
  CHECK(text(kj::StringPtr(me.getAs<capnp::Text>())) == "site:oslo/host1");
  auto them = call(l.down(), WHOAMI).send().wait(w.wait);
  CHECK(text(kj::StringPtr(them.getAs<capnp::Text>())) == "downlink");
}

TEST_CASE("revocation kills outstanding calls and derived capabilities at both ends") {
  LinkWorld w;
  Linked l(w);
  auto opened = call(l.up(), OPEN).send().wait(w.wait);
  auto handle = opened.getAs<capnp::Capability>();
  call(handle, POKE).send().wait(w.wait);
  auto holding = call(l.up(), HOLD).send();
  l.pingUp();
  CHECK(l.held == 1);
  l.parent->revoke("key on the deny list");
  CHECK_HAS(errorOf(kj::mv(holding), w.wait), "deny list");
  w.timer.afterDelay(10 * kj::MILLISECONDS).wait(w.wait);
  CHECK(l.held == 0);
  CHECK_HAS(errorOf(call(handle, POKE).send(), w.wait), "deny list");
  CHECK_HAS(errorOf(call(l.down(), WHOAMI).send(), w.wait), "deny list");
  CHECK_HAS(l.parent->onEnd().wait(w.wait), "deny list");
}

TEST_CASE("a session says so when its peer is gone, and its calls fail as disconnected") {
  LinkWorld w;
  Linked l(w);
  auto holding = call(l.up(), HOLD).send();
  l.pingUp();
  w.timer.afterDelay(10 * kj::MILLISECONDS).wait(w.wait);  // nothing is on its way
  l.parent = nullptr;
  KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] { holding.wait(w.wait); })) {
    CHECK(e->getType() == kj::Exception::Type::DISCONNECTED);
  } else {
    FAIL("the call succeeded");
  }
  CHECK_HAS(l.child->onEnd().wait(w.wait), "cut short");
}

// What came to each end from the moment it was made.
struct Received {
  explicit Received(const Linked& l) : l(l) {}
  uint64_t above() const { return l.parent->frames().receivedBytes() - parent; }
  uint64_t below() const { return l.child->frames().receivedBytes() - child; }

  const Linked& l;
  uint64_t parent = l.parent->frames().receivedBytes();
  uint64_t child = l.child->frames().receivedBytes();
};

TEST_CASE("two peers with nothing to say stay connected by the few bytes of the parent's asking") {
  LinkWorld w;
  LinkLimits limits;
  limits.pingEvery = 10 * kj::MILLISECONDS;
  limits.pingLag = limits.pingMax = 2 * kj::SECONDS;
  Linked l(w, limits);
  l.pingUp();
  auto ended = l.parent->onEnd();
  w.timer.afterDelay(10 * kj::MILLISECONDS).wait(w.wait);  // the end of that call
  Received received(l);
  w.timer.afterDelay(200 * kj::MILLISECONDS).wait(w.wait);
  CHECK_FALSE(ended.poll(w.wait));
  CHECK(received.below() >= 2 * 8);
  CHECK(received.below() <= 21 * 8);
  CHECK(received.below() % 8 == 0);
  // An answer each; the last may be on its way, the end of the call above may still have been.
  CHECK(received.above() + 16 >= received.below() / 8 * 16);
  CHECK(received.above() <= received.below() / 8 * 16 + 100);
}

TEST_CASE("the child asks by itself when the parent does not") {
  LinkWorld w;
  LinkLimits limits, silent;
  limits.pingEvery = limits.pingLag = 10 * kj::MILLISECONDS;
  limits.pingMax = 2 * kj::SECONDS;
  auto s = w.dial(w.child);
  int held = 0;
  Session parent(kj::mv(s.server.stream), Side::PARENT, kj::heap<ScriptServer>("quiet", held),
                 w.timer, silent);
  Session child(kj::mv(s.client.stream), Side::CHILD, kj::heap<ScriptServer>("asks", held),
                w.timer, limits);
  child.remote().pingRequest().send().wait(w.wait);
  auto ended = child.onEnd();
  auto before = child.frames().receivedBytes();
  w.timer.afterDelay(200 * kj::MILLISECONDS).wait(w.wait);
  CHECK_FALSE(ended.poll(w.wait));
  CHECK(child.frames().receivedBytes() >= before + 2 * 16);  // answers
}

TEST_CASE("what waits for an answer is followed by a ping soon, though silence is long") {
  LinkWorld w;
  LinkLimits limits;
  limits.pingSoon = limits.pingLag = 20 * kj::MILLISECONDS;
  Linked l(w, limits);
  auto pause = [&] { w.timer.afterDelay(400 * kj::MILLISECONDS).wait(w.wait); };
  l.pingUp();
  w.timer.afterDelay(5 * kj::MILLISECONDS).wait(w.wait);
  Received beginning(l);
  pause();  // each measures the link once; on a busy machine some of that came before
  CHECK(beginning.above() <= 8 + 16);
  CHECK(beginning.below() <= 8 + 16);
  Received silence(l);
  pause();
  CHECK(silence.below() == 0);
  l.pingUp();
  w.timer.afterDelay(5 * kj::MILLISECONDS).wait(w.wait);
  Received answered(l);
  pause();
  CHECK(answered.below() == 0);
  auto holding = call(l.up(), HOLD).send();
  pause();
  CHECK(answered.above() > 0);
  CHECK(answered.below() == 16);  // one ping, by the end that waits
}

TEST_CASE("a ping waits for the end of a large frame, in both directions") {
  LinkWorld w;
  LinkLimits limits;
  limits.pingEvery = limits.pingSoon = limits.pingLag = 1 * kj::MILLISECONDS;
  Linked l(w, limits);
  auto endedAbove = l.parent->onEnd(), endedBelow = l.child->onEnd();
  for (int i = 0; i < 300; i++) {
    auto up = call(l.up(), LARGE).send(), down = call(l.down(), LARGE).send();
    CHECK(up.wait(w.wait).getAs<capnp::Data>().size() == LARGE_BYTES);
    CHECK(down.wait(w.wait).getAs<capnp::Data>().size() == LARGE_BYTES);
  }
  CHECK_FALSE(endedAbove.poll(w.wait));
  CHECK_FALSE(endedBelow.poll(w.wait));
  CHECK(l.parent->roundTrip() > 0 * kj::SECONDS);
}

TEST_CASE("our own too large call fails alone") {
  LinkWorld w;
  LinkLimits limits;
  limits.frameWordsMax = 1000;
  Linked l(w, limits);
  CHECK_HAS(errorOf(call(l.up(), POKE).send(), w.wait), "no error");
  auto large = call(l.up(), POKE);
  large.initAs<capnp::Data>(16000);
  CHECK_HAS(errorOf(large.send(), w.wait), "larger than our single-message");
  l.pingUp();
}

TEST_CASE("honest traffic leaves the ledger empty") {
  LinkWorld w;
  Linked l(w);
  for (int i = 0; i < 3000; i++) {
    auto opened = call(l.up(), OPEN).send();
    auto handle = opened.noop().asCap();
    auto poked = call(capnp::Capability::Client(kj::mv(handle)), POKE).send();
    if (i % 3 == 0) continue;  // dropped: finish before return
    poked.wait(w.wait);
  }
  l.pingUp();
  l.parent->remote().pingRequest().send().wait(w.wait);
  auto& ledger = l.parent->frames().rpc();
  CHECK(ledger.openQuestions() <= 2);
  CHECK(ledger.openExports() <= 2);
  CHECK(l.parent->frames().heldBytes() < 4096);
}

}  // namespace
}  // namespace skerry
