// Certificates of a whole fleet: they change under its links, end while nobody looks, and come back
// by themselves.
#include "test/sim/fleet/stage.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr int64_t YEAR_MS = 365 * DAY_MS;
constexpr uint64_t HOUR_MS = 60 * MINUTE_MS;

X509& leafOf(SiteMachine& site) {
  return *KJ_ASSERT_NONNULL(site.tier()->current()).identity.chain[0];
}
RegionCore& coreOf(RegionMachine& region) { return KJ_ASSERT_NONNULL(region.tier()->current()); }

// The one on disk: what the next start shows.
Validity savedDates(Machine& machine) {
  auto identity = KJ_ASSERT_NONNULL(IdentityFolder(machine.host.host().files).load());
  return validity(*identity.chain[0]);
}

// A region's own, which it signs its sites' certificates with.
Validity issuerDates(Machine& region) {
  return validity(*IdentityFolder(region.host.host().files).certificates("ca.pem").at(0));
}

void passTime(Stage& stage, int64_t ms) {
  for (auto machine : stage.fleet.machines()) machine->host.jumpWallClock(ms);
}

TEST_CASE("every certificate of a fleet is renewed at half of its life without a link being cut") {
  Stage stage(31);
  auto& site = stage.site();
  auto before = pids(site);
  auto attempts = [&] {
    auto& up = *KJ_ASSERT_NONNULL(KJ_ASSERT_NONNULL(site.tier()->current()).parent);
    return up.dialling().attempts + coreOf(stage.region()).parent->dialling().attempts;
  };
  auto dialled = attempts();
  auto first = validity(leafOf(site));
  // Nothing is due before half of its life.
  passTime(stage, 13 * DAY_MS);
  stage.fleet.world.runFor(2 * HOUR_MS);
  CHECK(validity(leafOf(site)).untilMs == first.untilMs);
  passTime(stage, 6 * DAY_MS);
  stage.fleet.world.runFor(2 * HOUR_MS);
  for (auto& one : stage.fleet.sites) {
    CAPTURE(one->name());
    CHECK(validity(leafOf(*one)).untilMs > first.untilMs + 15 * DAY_MS);
    CHECK(savedDates(*one).untilMs == validity(leafOf(*one)).untilMs);
  }
  CHECK(attempts() == dialled);
  CHECK(pids(site) == before);
  // What they show from now on is the new one.
  stage.network().connectionsBreak(site.host.name());
  stage.apply("2");
  stage.untilRuns(site, "2", 2 * MINUTE_MS);
}

TEST_CASE("a region's issuing certificate is renewed by central, and its sites never notice") {
  Stage stage(32);
  auto issuing = [&] { return issuerDates(stage.region()).untilMs; };
  auto before = issuing();
  passTime(stage, 2 * YEAR_MS);
  stage.fleet.world.runFor(2 * HOUR_MS);
  CHECK(issuing() > before + YEAR_MS);
  stage.restart(stage.region());
  stage.apply("2");
  stage.untilRuns(stage.site(), "2", 10 * MINUTE_MS);
  stage.untilRuns(stage.other(), "2", 10 * MINUTE_MS);
}

TEST_CASE("a site that was away for years comes back by itself, whatever ended meanwhile") {
  for (int64_t years : {1, 4, 15}) {
    CAPTURE(years);
    Stage stage(33);
    stage.site().host.powerOff();
    stage.region().host.powerOff();
    passTime(stage, years * YEAR_MS);
    stage.fleet.world.runFor(MINUTE_MS);
    stage.region().powerOn();
    stage.site().powerOn();
    stage.apply("2");
    stage.untilRuns(stage.site(), "2", 10 * MINUTE_MS);
    // It may have been let in before its region could give it another.
    stage.fleet.until("all of it is renewed", [&] {
      auto nowMs = stage.site().host.host().clock.wallMs();
      return savedDates(stage.site()).contains(nowMs) &&
             savedDates(stage.region()).contains(nowMs) &&
             issuerDates(stage.region()).contains(nowMs);
    }, 2 * HOUR_MS);
  }
}

TEST_CASE("with central gone for good a region's sites stay together beyond its certificate") {
  Stage stage(34);
  stage.fleet.central.host.powerOff();
  for (int64_t years : {1, 3}) {
    CAPTURE(years);
    passTime(stage, years * YEAR_MS);
    stage.network().connectionsBreak(stage.region().host.name());
    stage.restart(stage.region());
    stage.restart(stage.site());
    auto isLinked = [&] {
      return coreOf(stage.region()).children.at(stage.site().name())->online();
    };
    stage.fleet.until("the site is back", isLinked, 10 * MINUTE_MS);
    CHECK(Stage::runs(stage.site(), "1"));
  }
}

TEST_CASE("a site comes back though its clock, its region's or both are years off") {
  struct { int64_t site, region; } errors[] = {{-9, 0}, {9, 0}, {0, -9}, {0, 9}, {9, -9}, {-9, 9}};
  for (auto years : errors) {
    CAPTURE(years.site);
    CAPTURE(years.region);
    Stage stage(35);
    auto before = pids(stage.other());
    // With nobody to tell the region what time it is.
    stage.network().cut(stage.fleet.central.host.name(), stage.region().host.name());
    stage.site().host.jumpWallClock(years.site * YEAR_MS);
    stage.region().host.jumpWallClock(years.region * YEAR_MS);
    stage.restart(stage.region());
    stage.restart(stage.site());
    auto isLinked = [&] {
      return coreOf(stage.region()).children.at(stage.site().name())->online();
    };
    stage.fleet.until("the site is back", isLinked, 10 * MINUTE_MS);
    CHECK(pids(stage.other()) == before);
    stage.network().healAll();
    stage.apply("2");
    stage.untilRuns(stage.site(), "2", 20 * MINUTE_MS);
  }
}

TEST_CASE("a site deleted at central loses its session, and its key opens no door any more") {
  Stage stage(36);
  auto& site = stage.site();
  stage.fleet.must(stage.fleet.console.remove("site", "", site.name()));
  auto refusal = [&] {
    auto& up = *KJ_ASSERT_NONNULL(KJ_ASSERT_NONNULL(site.tier()->current()).parent);
    return up.online() ? "" : up.dialling().lastError;
  };
  stage.fleet.until("it is told", [&] { return refusal().find(TOLD_REVOKED) != std::string::npos; },
                    MINUTE_MS);
  stage.restart(stage.region());
  stage.fleet.world.runFor(10 * MINUTE_MS);
  CHECK(refusal().find(TOLD_REVOKED) != std::string::npos);
  // Silence, and a no, stop nothing that runs.
  CHECK(Stage::runs(site, "1"));
}

}  // namespace
}  // namespace skerry
