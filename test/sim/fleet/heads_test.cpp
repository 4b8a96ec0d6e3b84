// Central's hourly word, from central to every site, and what its absence shows.
#include "shared/model/time_text.h"
#include "test/sim/fleet/hostile_region.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr uint64_t MINUTE_MS = 60'000, HOUR_MS = 60 * MINUTE_MS;

bool mentions(const std::vector<std::string>& texts, const std::string& part) {
  for (auto& text : texts) {
    if (text.find(part) != std::string::npos) return true;
  }
  return false;
}

// Two regions of two sites, which all run an application.
struct Stage {
  explicit Stage(uint64_t seed) : fleet(seed, {2, 4}) {
    fleet.boot();
    fleet.must(fleet.console.apply(
        "kind: Tenant\nname: acme\n---\nkind: Application\nname: pos\ntenant: acme\n"
        "services:\n  agent:\n    command: [\"/bin/steady\"]\n"
        "    environment: { VERSION: \"1\" }\n    x-skerry: { kind: process }\n"));
    fleet.until("it runs everywhere", [this] {
      for (auto& site : fleet.sites) {
        if (running(*site).size() != 1) return false;
      }
      return true;
    }, MINUTE_MS);
    for (auto& site : fleet.sites) lives[site->name()] = pids(*site);
  }
  SiteCore& core(size_t i) { return KJ_ASSERT_NONNULL(fleet.sites[i]->tier()->current()); }
  int64_t headTimeMs(size_t i) {
    auto& newest = core(i).headWatch->newest();
    return newest ? newest->timeMs : 0;
  }
  std::string finding(size_t i) {
    return core(i).headWatch->finding(core(i).clock.nowMs());
  }
  std::vector<std::string> findingsAtCentral() {
    return fleet.world.run(fleet.console.findings(), MINUTE_MS);
  }
  // The host's own findings, as central has them.
  std::vector<std::string> reported(const std::string& site) {
    auto hosts = fleet.get("host");
    std::vector<std::string> texts;
    KJ_IF_MAYBE(item, hosts.find(site + "/host1")) {
      for (auto text : item->getStatus().getHost().getFindings()) texts.push_back(text.cStr());
    }
    return texts;
  }
  std::string authorityAsOf(const std::string& site) {
    auto sites = fleet.get("site");
    KJ_IF_MAYBE(item, sites.find(site)) {
      return item->getStatus().getSite().getAuthorityAsOf().cStr();
    }
    return "";
  }
  void checkNothingElseChanged() {
    for (auto& site : fleet.sites) CHECK(pids(*site) == lives[site->name()]);
  }

  Fleet fleet;
  std::map<std::string, std::map<std::string, int>> lives;
};

TEST_CASE("central's word reaches every site at once and then every hour, and nothing else does") {
  Stage stage(31);
  stage.fleet.world.runFor(MINUTE_MS);
  std::vector<VersionId> before;
  std::vector<int64_t> times;
  for (size_t i = 0; i < 4; ++i) {
    times.push_back(stage.headTimeMs(i));
    CHECK(times[i] > 0);
    before.push_back(stage.core(i).document->orders().version());
  }
  for (uint64_t hours = 1; hours <= 3; ++hours) {
    stage.fleet.world.runFor(HOUR_MS);
    for (size_t i = 0; i < 4; ++i) {
      CAPTURE(i);
      auto now = stage.headTimeMs(i);
      CHECK(now > times[i] + int64_t(HOUR_MS - MINUTE_MS));
      times[i] = now;
      CHECK(stage.core(i).document->orders().version().n == before[i].n + hours);
      CHECK(stage.finding(i) == "");
    }
  }
  for (size_t i = 0; i < 4; ++i) {
    CHECK(stage.authorityAsOf(stage.fleet.sites[i]->name()) == printTime(times[i]));
  }
  for (auto& region : stage.fleet.regions) {
    CHECK(KJ_ASSERT_NONNULL(region->tier()->current()).headRelay->finding() == "");
  }
  CHECK(stage.findingsAtCentral().empty());
  stage.checkNothingElseChanged();
}

TEST_CASE("a region that withholds what central says is exposed at its sites and at central") {
  Stage stage(32);
  auto& name = stage.fleet.sites[0]->name();
  stage.fleet.regions[0]->host.crash();
  HostileRegion it(stage.fleet, *stage.fleet.regions[0]);
  it.followCentral();
  stage.fleet.must(stage.fleet.console.remove("application", "acme", "pos"));
  stage.fleet.world.runFor(2 * HOUR_MS);
  CHECK(stage.finding(0) == "");
  CHECK(stage.findingsAtCentral().empty());
  stage.fleet.world.runFor(2 * HOUR_MS);
  CHECK(stage.finding(0).find("hours old although the region is connected") != std::string::npos);
  CHECK(mentions(stage.reported(name), "hours old although the region is connected"));
  CHECK(mentions(stage.findingsAtCentral(), "site " + name + ": central's word is"));
  // The sites of the other region have nothing to complain of.
  CHECK(!mentions(stage.findingsAtCentral(), "site " + stage.fleet.sites[1]->name()));
  CHECK(stage.finding(1) == "");
  // It starts and stops nothing: what the region withholds, the site goes on with.
  CHECK(pids(*stage.fleet.sites[0]) == stage.lives[name]);
  CHECK(running(*stage.fleet.sites[1]).empty());
}

TEST_CASE("with central away its word ages, is told of and nothing else changes; then it is new") {
  Stage stage(33);
  stage.fleet.world.runFor(MINUTE_MS);
  stage.fleet.central.host.powerOff();
  std::vector<VersionId> before;
  for (size_t i = 0; i < 4; ++i) before.push_back(stage.core(i).document->orders().version());
  stage.fleet.world.runFor(5 * HOUR_MS);
  for (size_t i = 0; i < 4; ++i) {
    CHECK(stage.finding(i).find("central's word is 5 hours old") != std::string::npos);
    CHECK(stage.core(i).document->orders().version() == before[i]);
  }
  stage.checkNothingElseChanged();
  stage.fleet.central.powerOn();
  stage.fleet.until("central's word is new everywhere", [&] {
    for (size_t i = 0; i < 4; ++i) {
      if (stage.finding(i) != "") return false;
    }
    return true;
  }, 10 * MINUTE_MS);
  stage.checkNothingElseChanged();
}

TEST_CASE("a site that was away for a day has central's word when it is back, and no finding") {
  Stage stage(34);
  auto& site = *stage.fleet.sites[0];
  auto& network = stage.fleet.world.network();
  network.cut(site.host.name(), stage.fleet.regions[0]->host.name());
  stage.fleet.world.runFor(24 * HOUR_MS);
  CHECK(stage.finding(0) == "");
  network.heal(site.host.name(), stage.fleet.regions[0]->host.name());
  auto nowMs = site.host.host().clock.wallMs();
  stage.fleet.until("it has a new one", [&] {
    CHECK(stage.finding(0) == "");
    return stage.headTimeMs(0) > nowMs - int64_t(HOUR_MS);
  }, 10 * MINUTE_MS);
}

TEST_CASE("what was signed at the moment of a crash, at any tier, reaches every site yet") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Stage stage(40 + seed);
    stage.fleet.world.runFor(MINUTE_MS);
    auto before = stage.headTimeMs(0);
    auto dueInMs = HOUR_MS - uint64_t(stage.fleet.central.host.host().clock.wallMs() - before);
    stage.fleet.world.runFor(dueInMs + seed * 3);
    auto machines = stage.fleet.machines();
    auto& victim = *machines[seed % 3];  // central or a region
    victim.host.powerOff();
    stage.fleet.world.runFor(MINUTE_MS);
    victim.powerOn();
    stage.fleet.until("every site has the newest", [&] {
      for (size_t i = 0; i < 4; ++i) {
        if (stage.headTimeMs(i) <= before) return false;
      }
      return true;
    }, 15 * MINUTE_MS);
    stage.checkNothingElseChanged();
  }
}

}  // namespace
}  // namespace skerry
