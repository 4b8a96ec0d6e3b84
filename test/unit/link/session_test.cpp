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

TEST_CASE("a peer that answers no ping is given up, even if it goes on sending") {
  LinkWorld w;
  LinkLimits limits;
  limits.pingEvery = limits.pingMax = 20 * kj::MILLISECONDS;
  Linked l(w, limits, true);
  CHECK_HAS(l.parent->onEnd().wait(w.wait), "did not answer a ping");
  CHECK(l.parent->frames().receivedBytes() > 0);
}

TEST_CASE("two peers that have nothing to say stay connected") {
  LinkWorld w;
  LinkLimits limits;
  limits.pingEvery = 10 * kj::MILLISECONDS;
  limits.pingMax = 2 * kj::SECONDS;
  Linked l(w, limits);
  auto ended = l.parent->onEnd();
  w.timer.afterDelay(200 * kj::MILLISECONDS).wait(w.wait);
  CHECK_FALSE(ended.poll(w.wait));
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
