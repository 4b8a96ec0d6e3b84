// How machines become part of a fleet: with every clock wrong, and with no token.
#include "shared/link/proxy.h"
#include "shared/pki/host_id.h"
#include "test/sim/fleet/fleet.h"
#include "test/sim/sim_proxy.h"
#include "tier_central/init.h"
#include "tier_site/call_home.h"
#include "tier_site/join.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr int64_t YEAR_MS = 365ll * 24 * 3600'000;
constexpr uint64_t MINUTE_MS = 60'000;

bool isOnline(Fleet& fleet, const std::string& site) {
  auto items = fleet.get("site");
  KJ_IF_MAYBE(item, items.find(site)) return item->getStatus().getSite().getOnline();
  return false;
}

TEST_CASE("a fleet begins, and renews its certificates, with any of its clocks years off") {
  struct { int64_t central, region, site; } errors[] = {
      {-9, 0, 0}, {9, 0, 0}, {0, -9, 0}, {0, 9, 0}, {0, 0, -9}, {0, 0, 9}, {9, -9, 9}, {-9, 9, -9}};
  for (auto years : errors) {
    CAPTURE(years.central);
    CAPTURE(years.region);
    CAPTURE(years.site);
    Fleet fleet(41, {1, 1});
    fleet.central.host.jumpWallClock(years.central * YEAR_MS);
    fleet.regions[0]->host.jumpWallClock(years.region * YEAR_MS);
    fleet.sites[0]->host.jumpWallClock(years.site * YEAR_MS);
    fleet.boot();
    auto site = fleet.sites[0].get();
    auto leaf = [&] {
      return validity(*KJ_ASSERT_NONNULL(site->tier()->current()).identity.chain[0]).untilMs;
    };
    auto first = leaf();
    for (auto machine : fleet.machines()) machine->host.jumpWallClock(20 * 24 * 3600'000ll);
    fleet.until("the site's certificate is renewed", [&] { return leaf() > first; },
                180 * MINUTE_MS);
    CHECK(isOnline(fleet, site->name()));
  }
}

TEST_CASE("a site whose only way out is a proxy joins, runs and renews its certificate") {
  Fleet fleet(43, {1, 1, 1});
  fleet.boot();
  SimHost machine(fleet.world, "proxy");
  machine.powerOn();
  SimProxy proxy(machine);
  constexpr const char* URL = "http://proxy:3128";
  auto& site = *fleet.sites[0];
  fleet.world.network().cut(site.name(), "north");
  auto said = fleet.world.run(fleet.console.createToken("site", site.name()), MINUTE_MS);
  auto token = std::get<Token>(parseToken(said.token));
  fleet.world.runFor(MINUTE_MS);
  Outward outward(site.host.host(), URL);
  auto joining = joinSite(outward.host(), *fleet.transport, token, "host1", URL);
  CHECK(fleet.world.run(kj::mv(joining), MINUTE_MS).ok);
  site.host.crash();
  site.host.restart();
  fleet.until("it is online", [&] { return isOnline(fleet, site.name()); }, 10 * MINUTE_MS);
  auto leaf = [&] {
    return validity(*KJ_ASSERT_NONNULL(site.tier()->current()).identity.chain[0]).untilMs;
  };
  auto first = leaf();
  auto asked = proxy.requests.size();
  for (auto machine : fleet.machines()) machine->host.jumpWallClock(20 * 24 * 3600'000ll);
  fleet.until("it is renewed", [&] { return leaf() > first; }, 180 * MINUTE_MS);
  CHECK(proxy.requests.size() == asked + 1);
}

// Hosts with nothing but the address of their region and its pin.
struct Pallet {
  Fleet fleet{42, {1, 3, 3}};
  Token home;
  std::map<std::string, JoinOutcome> outcomes;
  kj::Vector<kj::Promise<void>> calling;

  Pallet() {
    fleet.boot();
    home.addresses = {"north:443"};
    home.rootKey = keyHash(*KJ_ASSERT_NONNULL(fleet.central.tier()->current()).identity.root);
  }
  Host& host(int number) { return fleet.sites[number]->host.host(); }
  std::string id(int number) { return hostId(deviceKeyOf(host(number))); }
  void switchOn(int number) {
    auto name = fleet.sites[number]->name();
    calling.add(callHome(host(number), *fleet.transport, home, "", "",
                         [](const std::string&, const std::string&) {})
        .then([this, name](JoinOutcome&& outcome) { outcomes[name] = kj::mv(outcome); })
        .eagerlyEvaluate(nullptr));
  }
  std::string approve(int number) {
    auto request = fleet.central.tier()->admin().approveHostRequest();
    request.setId(id(number));
    request.setSite(fleet.sites[number]->name());
    auto answer = fleet.world.run(request.send(), MINUTE_MS);
    return answer.getProblems().size() == 0 ? "" : answer.getProblems()[0].getMessage().cStr();
  }
  bool isIn(int number) {
    auto found = outcomes.find(fleet.sites[number]->name());
    return found != outcomes.end() && found->second.ok;
  }
  std::string pendingState(const std::string& id) {
    auto items = fleet.get("pending");
    KJ_IF_MAYBE(item, items.find(id)) return item->getStatus().getPending().getState().cStr();
    return "not listed";
  }
};

TEST_CASE("hosts that call home wait until each is approved, whatever their clocks say") {
  Pallet pallet;
  pallet.fleet.sites[1]->host.jumpWallClock(-9 * YEAR_MS);
  pallet.fleet.sites[2]->host.jumpWallClock(9 * YEAR_MS);
  for (int i : {0, 1, 2}) pallet.switchOn(i);
  auto& world = pallet.fleet.world;
  pallet.fleet.until("all are listed at central", [&] {
    return pallet.fleet.get("pending").list().size() == 3;
  }, 10 * MINUTE_MS);
  world.runFor(30 * MINUTE_MS);
  CHECK(pallet.outcomes.empty());
  for (int i : {0, 1, 2}) {
    CHECK(pallet.pendingState(pallet.id(i)) == "waiting");
    CHECK(pallet.approve(i) == "");
    CHECK(pallet.pendingState(pallet.id(i)) == "approved");
    pallet.fleet.until("it is let in", [&] { return pallet.isIn(i); },
                       CALL_HOME_CAP / kj::MILLISECONDS + MINUTE_MS);
    auto site = pallet.fleet.sites[i].get();
    site->host.crash();
    site->host.restart();
    pallet.fleet.until("it is online", [&] { return isOnline(pallet.fleet, site->name()); },
                       10 * MINUTE_MS);
    CHECK(pallet.pendingState(pallet.id(i)) == "not listed");
  }
}

TEST_CASE("a host keeps calling while its region is away, and one approved before calls once") {
  Pallet pallet;
  CHECK(pallet.approve(0) == "");
  pallet.fleet.world.runFor(5'000);
  auto& region = *pallet.fleet.regions[0];
  region.host.powerOff();
  pallet.switchOn(0);
  pallet.fleet.world.runFor(30 * MINUTE_MS);
  CHECK(pallet.outcomes.empty());
  region.powerOn();
  pallet.fleet.until("it is let in", [&] { return pallet.isIn(0); }, 5 * MINUTE_MS);
  CHECK(pallet.pendingState(pallet.id(0)) == "not listed");
}

TEST_CASE("a host whose pin is another fleet's tells the region nothing") {
  Pallet pallet;
  pallet.home.rootKey = sha256(view("another root"));
  pallet.switchOn(0);
  pallet.fleet.world.runFor(10 * MINUTE_MS);
  CHECK(pallet.outcomes.empty());
  CHECK(pallet.pendingState(pallet.id(0)) == "not listed");
}

}  // namespace
}  // namespace skerry
