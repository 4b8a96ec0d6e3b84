// People of a fleet: known at every tier, alone, and whatever its clock says.
#include "shared/pki/chain.h"
#include "test/sim/fleet/stage.h"
#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr int64_t YEARS_MS = 10 * 365 * DAY_MS;

// A tenant's administrator with a machine of her own.
struct Visitor {
  Stage& stage;
  SimHost laptop{stage.fleet.world, "laptop"};
  Identity self;
  kj::Own<JoinerPolicy> policy;

  explicit Visitor(Stage& stage) : stage(stage) {
    laptop.powerOn();
    self.key = newKey(laptop.host().entropy);
    auto admin = stage.fleet.central.tier()->admin();
    auto asked = admin.addUserRequest();
    auto user = asked.initUser();
    user.setName("kari");
    user.setRole("tenant-admin");
    user.setTenant("acme");
    user.setRequest(view(makeRequest(*self.key)));
    auto answer = stage.fleet.world.run(asked.send(), SOON_MS);
    auto certificates = answer.getGrant().getCertificates();
    REQUIRE(certificates.size() == 2);
    self.chain.push_back(certificateFromDer(certificates[0]));
    self.root = certificateFromDer(certificates[1]);
    policy = kj::heap<JoinerPolicy>(keyHash(*self.root));
  }
  // Who she is there; else why nobody.
  std::string at(Machine& machine) {
    std::string who;
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] {
      auto& world = stage.fleet.world;
      auto& host = laptop.host();
      auto address = world.run(
          host.network.parseAddress(kj::str(machine.name().c_str(), ":443")), SOON_MS);
      auto stream = world.run(address->connect(), SOON_MS);
      auto shaker = stage.fleet.transport->newHandshaker(host, *policy, self);
      auto secured = world.run(shaker->connect(kj::mv(stream), Door::SESSION), SOON_MS);
      capnp::TwoPartyClient client(*secured.stream);
      auto admin = client.bootstrap().castAs<schema::Admin>();
      auto answer = world.run(admin.whoamiRequest().send(), SOON_MS);
      for (auto problem : answer.getProblems()) who = problem.getReason().cStr();
      if (who.empty()) who = answer.getPerson().getName().cStr();
    })) who = e->getDescription().cStr();
    return who;
  }
  void untilKnownAt(Machine& machine) {
    stage.fleet.until("she is known", [&]() { return at(machine) == "user:acme/kari"; },
                      5 * MINUTE_MS);
  }
};

TEST_CASE("a site lets its people in whatever its clock says") {
  Stage stage(41);
  Visitor kari(stage);
  kari.untilKnownAt(stage.site());
  stage.fleet.central.host.powerOff();
  stage.region().host.powerOff();
  for (auto jump : {YEARS_MS, -2 * YEARS_MS}) {
    stage.site().host.jumpWallClock(jump);
    CHECK(kari.at(stage.site()) == "user:acme/kari");
    stage.restart(stage.site());
    CHECK(kari.at(stage.site()) == "user:acme/kari");
  }
}

TEST_CASE("who is removed is nobody at a tier that was away, as soon as it is back") {
  Stage stage(42);
  Visitor kari(stage);
  kari.untilKnownAt(stage.site());
  kari.untilKnownAt(stage.region());
  stage.cutOff(stage.site());
  auto asked = stage.fleet.central.tier()->admin().removeUserRequest();
  asked.setName("kari");
  stage.fleet.world.run(asked.send(), SOON_MS);
  auto isNobody = [&](Machine& machine) { return kari.at(machine) == "unknown-user"; };
  stage.fleet.until("the region knows", [&]() { return isNobody(stage.region()); },
                    5 * MINUTE_MS);
  CHECK(kari.at(stage.site()) == "user:acme/kari");
  stage.join(stage.site());
  stage.fleet.until("the site knows", [&]() { return isNobody(stage.site()); },
                    10 * MINUTE_MS);
}

TEST_CASE("a site that runs nothing of a tenant knows none of its people") {
  Stage stage(43);
  Visitor kari(stage);
  kari.untilKnownAt(stage.site());
  auto& elsewhere = *stage.fleet.sites.back();
  CHECK(running(elsewhere).empty());
  CHECK(kari.at(elsewhere) == "unknown-user");
}

}  // namespace
}  // namespace skerry
