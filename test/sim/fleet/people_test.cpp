// People of a fleet: known at every tier, alone, and whatever its clock says.
#include "shared/pki/chain.h"
#include "test/sim/fleet/stage.h"
#include "test/sim/fleet/told.h"
#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <set>

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
  // What the daemon there gives her.
  template <typename Use>
  void with(Machine& machine, Use&& use) {
    auto& world = stage.fleet.world;
    auto& host = laptop.host();
    auto address = world.run(
        host.network.parseAddress(kj::str(machine.name().c_str(), ":443")), SOON_MS);
    auto stream = world.run(address->connect(), SOON_MS);
    auto shaker = stage.fleet.transport->newHandshaker(host, *policy, self);
    auto secured = world.run(shaker->connect(kj::mv(stream), Door::SESSION), SOON_MS);
    capnp::TwoPartyClient client(*secured.stream);
    use(client.bootstrap().castAs<schema::Admin>());
  }
  // Who she is there; else why nobody.
  std::string at(Machine& machine) {
    std::string who;
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] {
      with(machine, [&](schema::Admin::Client admin) {
        auto answer = stage.fleet.world.run(admin.whoamiRequest().send(), SOON_MS);
        for (auto problem : answer.getProblems()) who = problem.getReason().cStr();
        if (who.empty()) who = answer.getPerson().getName().cStr();
      });
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

std::string boltsApp() {
  return "kind: Tenant\nname: bolt\n---\nkind: Application\nname: vault\ntenant: bolt\n"
         "placement: { sites: 'number exists' }\nservices:\n  s:\n"
         "    command: [\"/bin/steady\"]\n    x-skerry: { kind: process }\n";
}

TEST_CASE("a tenant's people hear at every tier what happened to their own, and nobody else's") {
  Stage stage(44);
  auto& fleet = stage.fleet;
  Visitor kari(stage);
  fleet.must(fleet.console.apply(boltsApp()));
  auto& elsewhere = *fleet.sites.back();  // runs nothing of hers
  fleet.until("bolt's run", [&]() {
    return running(elsewhere).size() == 1 && running(stage.site()).size() == 3;
  }, MINUTE_MS);
  stage.restart(elsewhere);
  stage.restart(stage.site());
  fleet.world.runFor(5 * MINUTE_MS);
  elsewhere.host.powerOff();
  stage.other().host.powerOff();
  fleet.world.runFor(5 * MINUTE_MS);
  auto kinds = [](const Told& told, bool isHers) {
    std::set<std::string> kinds;
    for (auto& event : told.events) {
      if (event.tenant.empty() != isHers) kinds.insert(event.kind);
    }
    return kinds;
  };
  for (Machine* machine : {(Machine*)&fleet.central, (Machine*)&stage.region(),
                           (Machine*)&stage.site()}) {
    CAPTURE(machine->name());
    kari.untilKnownAt(*machine);
    kari.with(*machine, [&](schema::Admin::Client admin) {
      auto told = ask(fleet, admin, "");
      for (auto& event : told->events) {
        CAPTURE(event.kind);
        CHECK((event.tenant.empty() || event.tenant == "acme"));
        CHECK(event.site != elsewhere.name());
        CHECK(event.text.find("bolt") == std::string::npos);
      }
      CHECK(kinds(*told, true).contains("instance.started"));
      CHECK(kinds(*told, false).contains("link.up"));
      CHECK_FALSE(kinds(*told, false).contains("controller.started"));
      auto who = machine == &fleet.central ? std::vector<std::string>{stage.other().name()}
                                           : std::vector<std::string>();
      CHECK(told->missing == who);
    });
  }
}

}  // namespace
}  // namespace skerry
