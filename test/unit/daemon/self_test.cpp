#include "shared/daemon/self.h"
#include "shared/daemon/run_file.h"
#include "shared/daemon/trusted_clock.h"
#include "test/sim/sim_host.h"
#include "test/support/authority.h"
#include "test/support/hand_store.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

// A root, and what it or somebody else vouches for.
struct Root {
  SeededEntropy entropy{4};
  OwnKey key = newKey(entropy);
  OwnCert certificate = issueRoot(*key, "fleet:test", 1'700'000'000'000, entropy);

  static Bytes envelope(const Signer& signer, const std::string& kind = "authority") {
    capnp::MallocMessageBuilder message;
    auto keys = message.initRoot<schema::Authority>();
    keys.setAuthorityKey(view(Bytes(32, 1)));
    keys.setDocumentKey(view(Bytes(32, 2)));
    Statement about;
    about.kind = kind;
    about.id = "central";
    return signStatement(signer, about, view(encode<schema::Authority>(keys)), BodyIs::INLINE);
  }
};

TEST_CASE("central's keys are believed when the root vouches for them, and not else") {
  Root root;
  auto signer = newSigner(kj::mv(root.key));
  auto keys = openAuthority(*root.certificate, view(Root::envelope(*signer)));
  CHECK(keys.authority == Bytes(32, 1));
  CHECK(keys.document == Bytes(32, 2));
  auto stranger = signerOf(9);
  auto foreign = Root::envelope(*stranger);
  CHECK_THROWS_AS(openAuthority(*root.certificate, view(foreign)), kj::Exception);
  auto other = Root::envelope(*signer, "policy");
  CHECK_THROWS_AS(openAuthority(*root.certificate, view(other)), kj::Exception);
  CHECK_THROWS_AS(openAuthority(*root.certificate, nullptr), kj::Exception);
}

TEST_CASE("what a daemon knows of itself survives a restart; one that never joined knows nothing") {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  HandStore store;
  CHECK(loadSelf(store).wait(scope) == nullptr);
  Self self;
  self.name = "oslo";
  self.host = "host1";
  self.number = 12;
  self.parents = {"north:443", "south:443"};
  self.authority = Bytes(10, 1);
  self.home = Bytes(20, 2);
  Batch rows;
  saveSelf(self, rows);
  store.commit(kj::mv(rows)).wait(scope);
  auto loaded = loadSelf(store).wait(scope);
  auto& again = KJ_ASSERT_NONNULL(loaded);
  CHECK(again.name == "oslo");
  CHECK(again.host == "host1");
  CHECK(again.number == 12);
  CHECK(again.parents == self.parents);
  CHECK(again.authority == self.authority);
  CHECK(again.home == self.home);
}

TEST_CASE("a counter begins where it must and grows with every start") {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  HandStore store;
  CHECK(nextCounter(store, "statusEpoch", 1).wait(scope) == 1);
  CHECK(nextCounter(store, "statusEpoch", 1).wait(scope) == 2);
  CHECK(nextCounter(store, "statusEpoch", 50).wait(scope) == 50);
  CHECK(nextCounter(store, "statusEpoch", 1).wait(scope) == 51);
  CHECK(nextCounter(store, "other", 1).wait(scope) == 1);
}

TEST_CASE("a counter that is written with other rows is greater only once they are") {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  HandStore store;
  Batch lost, kept;
  CHECK(nextCounter(store, "statusEpoch", 1, lost).wait(scope) == 1);
  CHECK(nextCounter(store, "statusEpoch", 1, kept).wait(scope) == 1);
  store.commit(kj::mv(kept)).wait(scope);
  Batch next;
  CHECK(nextCounter(store, "statusEpoch", 1, next).wait(scope) == 2);
}

TEST_CASE("a clock near its parent's is right, one far off takes its parent's time") {
  SimWorld world(1);
  SimHost machine(world, "site");
  machine.powerOn();
  auto& clock = machine.host().clock;
  TrustedClock trusted(clock);
  CHECK(trusted.nowMs() == clock.wallMs());
  trusted.heard(clock.wallMs() + CLOCK_TOLERANCE_MS);
  CHECK(trusted.error() == 0);
  trusted.heard(clock.wallMs() - CLOCK_TOLERANCE_MS);
  CHECK(trusted.error() == 0);
  auto parentMs = clock.wallMs() + 9 * int64_t(365) * 24 * 3'600'000;
  trusted.heard(parentMs);
  CHECK(trusted.error() == parentMs - clock.wallMs());
  CHECK(trusted.nowMs() == parentMs);
  world.runFor(1'000);
  CHECK(trusted.nowMs() == parentMs + 1'000);
  trusted.heard(clock.wallMs() + 10);
  CHECK(trusted.error() == 0);
}

TEST_CASE("run.json says who serves the folder, and a crash's one is replaced") {
  SimWorld world(1);
  SimHost machine(world, "site");
  machine.powerOn();
  auto& host = machine.host();
  kj::Path path("run.json");
  writeRunFile(host, 77, "127.0.0.1:4430", "127.0.0.1:9100", "2026-01-02T03:04:05Z");
  CHECK(host.files.openFile(path)->readAllText() ==
        "{\"pid\":77,\"listen\":\"127.0.0.1:4430\",\"http\":\"127.0.0.1:9100\","
        "\"since\":\"2026-01-02T03:04:05Z\"}\n");
  writeRunFile(host, 78, "", "", "x");
  CHECK(host.files.openFile(path)->readAllText().startsWith("{\"pid\":78,"));
  removeRunFile(host);
  CHECK(!host.files.exists(path));
  removeRunFile(host);
}

}  // namespace
}  // namespace skerry
