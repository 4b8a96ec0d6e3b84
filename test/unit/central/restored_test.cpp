// Whom a central that went on from a backup takes for a region that joined since.
#include "shared/daemon/restored.h"
#include "test/unit/central/central_world.h"

namespace skerry {
namespace {

constexpr int64_t MINUTE_MS = 60'000;

struct RestoredCentral {
  CentralWorld w;
  Machine north{3};
  Token token = w.token("region", "north");
  JoinerPolicy policy{token.rootKey};
  OwnCert northCa;

  RestoredCentral() {
    auto answer = w.ask(token, north);
    northCa = kj::mv(std::get<Enrolled>(answer).ca);
    w.core().recovery.begin({nowMs() - 10 * MINUTE_MS, nowMs(), 0}, w.core().writer->rows());
  }
  int64_t nowMs() { return w.central.host().clock.wallMs(); }
  std::optional<Hash> keyOf(const std::string& region) {
    auto found = w.core().registry.regions.find(region);
    return found == w.core().registry.regions.end() ? std::nullopt : found->second.deviceKey;
  }
  // A machine of this seed comes with what central gave it when it joined.
  void comes(uint8_t seed, const std::string& region, int64_t joinedMs) {
    auto key = keyFromSeed(view(Bytes(SEED_BYTES, seed)));
    auto root = loadRootKey(w.central.host());
    Identity self = rooted();
    self.chain.push_back(issueLeaf({*self.root, *root}, *key, "region:" + region, joinedMs,
                                   w.other.host().entropy));
    self.key = kj::mv(key);
    knock(kj::mv(self));
  }
  // One comes that was given its certificate by the issuing key of a region.
  void comesFrom(Machine& issuer, uint8_t seed, const std::string& region) {
    auto key = keyFromSeed(view(Bytes(SEED_BYTES, seed)));
    Identity self = rooted();
    self.chain.push_back(issueLeaf({*northCa, *issuer.ca}, *key, "region:" + region, nowMs(),
                                   w.other.host().entropy));
    self.chain.push_back(share(*northCa));
    self.key = kj::mv(key);
    knock(kj::mv(self));
  }
  static Hash hashOf(uint8_t seed) {
    return keyHash(*keyFromSeed(view(Bytes(SEED_BYTES, seed))));
  }

private:
  Identity rooted() {
    Identity self;
    self.root = share(*w.core().identity.root);
    return self;
  }
  void knock(Identity self) {
    kj::runCatchingExceptions([&] {
      auto& host = w.other.host();
      auto address = w.world.run(host.network.parseAddress("central:7000"), 1'000);
      auto stream = w.world.run(address->connect(), 1'000);
      auto shaker = w.transport->newHandshaker(host, policy, self);
      w.world.run(shaker->connect(kj::mv(stream), Door::SESSION), 10'000);
    });
    w.world.runFor(1'000);
  }
};

TEST_CASE("after a restore the machine that joined since the backup has the region's place") {
  RestoredCentral central;
  central.comes(5, "north", central.nowMs() + MINUTE_MS);
  CHECK(central.keyOf("north") == RestoredCentral::hashOf(5));
  central.comes(6, "east", central.nowMs());
  CHECK(central.keyOf("east") == RestoredCentral::hashOf(6));
  CHECK(central.w.core().awaited() == std::vector<std::string>{"east"});
}

TEST_CASE("after a restore an issuing key of a region's gives nobody the region's place") {
  RestoredCentral central;
  central.comesFrom(central.north, 5, "north");
  CHECK(central.keyOf("north") == keyHash(*central.north.device));
}

TEST_CASE("after a restore the earlier of two machines does not take the later one's place") {
  RestoredCentral central;
  central.comes(5, "north", central.nowMs() - MINUTE_MS);
  CHECK(central.keyOf("north") == keyHash(*central.north.device));
}

TEST_CASE("after a restore a region that joins in the usual way is not waited for") {
  RestoredCentral central;
  Machine south(7);
  CHECK(central.w.outcome(central.w.token("region", "south"), south) == "region:south");
  CHECK(central.w.core().awaited().empty());
}

TEST_CASE("a power cut in the first start after a restore forgets no region that must be read") {
  for (uint64_t n = 1;; ++n) {
    CAPTURE(n);
    CentralWorld w;
    Machine north{3};
    CHECK(w.outcome(w.token("region", "north"), north) == "region:north");
    Batch rows;
    markRestored({1, 2, 0}, CENTRAL_DOCUMENT, rows);
    w.world.run(w.core().store->commit(kj::mv(rows)).ignoreResult(), 10'000);
    w.central.powerOffAtDiskCall(n);
    kj::runCatchingExceptions([&] { w.begin(); });
    bool isUndisturbed = !w.central.lostPower();
    w.service = nullptr;
    w.central.powerOff();
    w.central.powerOn();
    w.begin();
    CHECK(w.core().awaited() == std::vector<std::string>{"north"});
    if (isUndisturbed) break;
  }
}

}  // namespace
}  // namespace skerry
