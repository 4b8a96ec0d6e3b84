// What central does about certificates: its regions', and whose keys may not come back.
#include "shared/link/renew.h"
#include "test/unit/central/central_world.h"

namespace skerry {
namespace {

constexpr int64_t YEAR_MS = 365 * DAY_MS;

struct Region {
  CentralWorld w;
  Machine north{3};
  kj::Own<JoinerPolicy> policy;
  Identity self;

  Region() {
    auto token = w.token("region", "north");
    policy = kj::heap<JoinerPolicy>(token.rootKey);
    auto answer = w.ask(token, north);
    auto& enrolled = std::get<Enrolled>(answer);
    self.key = keyFromSeed(view(Bytes(SEED_BYTES, 3)));
    self.chain = kj::mv(enrolled.chain);
    self.root = kj::mv(enrolled.root);
  }
  // The reason of a refusal, or `renewed`.
  std::string renew(OwnCert* ca = nullptr) {
    std::string outcome = "renewed";
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] {
      auto answer = w.world.run(skerry::renew(w.other.host(), *w.transport,
          Renewer{*policy, self, north.ca.get(), {"central:7000"}},
          [](const std::string& name) { return name == "central"; }), 60'000);
      if (auto refused = std::get_if<RefusedQuestion>(&answer)) outcome = refused->reason;
      if (auto next = std::get_if<Renewed>(&answer)) {
        self.chain = kj::mv(next->chain);
        if (ca != nullptr) *ca = kj::mv(next->ca);
      }
    })) outcome = text(e->getDescription());
    return outcome;
  }
  std::string knock() {
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] {
      auto& host = w.other.host();
      auto address = w.world.run(host.network.parseAddress("central:7000"), 1'000);
      auto stream = w.world.run(address->connect(), 1'000);
      auto shaker = w.transport->newHandshaker(host, *policy, self);
      w.world.run(shaker->connect(kj::mv(stream), Door::SESSION), 10'000);
    })) return text(e->getDescription());
    return "in";
  }
  bool isRefused(const std::string& outcome, std::string_view why) {
    return outcome.find(why) != outcome.npos;
  }
  int64_t nowMs() { return w.central.host().clock.wallMs(); }
};

TEST_CASE("a region away for years gets both its certificates, by its key, and is let in") {
  Region region;
  region.w.central.jumpWallClock(4 * YEAR_MS);
  region.w.begin();
  CHECK(region.isRefused(region.knock(), TOLD_EXPIRED));
  OwnCert ca;
  CHECK(region.renew(&ca) == "renewed");
  CHECK(validity(*region.self.chain[0]).contains(region.nowMs()));
  CHECK(validity(*ca).contains(region.nowMs() + YEAR_MS));
  CHECK(keyHash(*ca) == keyHash(*region.north.ca));
  CHECK(commonName(*ca) == "region-ca:north");
  CHECK(region.knock() == "in");
}

TEST_CASE("central's clock is not believed before its root was made") {
  Region region;
  region.w.central.jumpWallClock(-SIM_WALL_START_MS);
  region.w.begin();
  CHECK(region.renew() == "renewed");
  CHECK(validity(*region.self.chain[0]).fromMs + BACKDATE_MS >= SIM_WALL_START_MS);
  CHECK(region.knock() == "in");
}

TEST_CASE("once the root has ended whoever is known is let in with what he has") {
  Region region;
  region.w.central.jumpWallClock(21 * YEAR_MS);
  region.w.begin();
  CHECK(region.knock() == "in");
  CHECK(region.renew() == "issuer-expired");
}

TEST_CASE("the key of a region that was deleted is refused at every door, also after a restart") {
  Region region;
  auto request = region.w.service->admin().deleteRequest();
  request.initQuery().setKind("region");
  request.getQuery().setName("north");
  request.setCascade(true);
  region.w.world.run(request.send().ignoreResult(), 10'000);
  for (int lives = 0; lives < 2; ++lives) {
    CHECK(region.isRefused(region.knock(), TOLD_REVOKED));
    CHECK(region.isRefused(region.renew(), TOLD_REVOKED));
    region.w.begin();
  }
  region.w.apply(REGIONS);
  CHECK(region.w.outcome(region.w.token("region", "north"), region.north) == TOLD_REVOKED);
}

TEST_CASE("the key of a region's machine that another one replaced is refused") {
  Region region;
  Machine second(4);
  CHECK(region.w.outcome(region.w.token("region", "north"), second) == "region:north");
  CHECK(region.isRefused(region.knock(), TOLD_REVOKED));
  CHECK(region.isRefused(region.renew(), TOLD_REVOKED));
}

}  // namespace
}  // namespace skerry
