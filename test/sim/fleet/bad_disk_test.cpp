// Disks of cheap devices: changed for new ones, and lying about what they have stored.
#include "test/sim/fleet/stage.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr int LARGE_VERSIONS = 30;
constexpr size_t LARGE_BYTES = 100'000;

std::string stateAtCentral(Stage& stage, SiteMachine& site) {
  auto instances = stage.fleet.get("instance");
  std::string states;
  for (auto item : instances.list()) {
    auto view = item.getStatus().getInstance();
    if (view.getSite() == site.name().c_str()) states += view.getState().cStr() + std::string(" ");
  }
  return states;
}

TEST_CASE("a site with a new disk joins again, runs what it ran, and what it reports is believed") {
  Stage stage(61);
  auto& site = stage.site();
  // Its daemon was started before: what it reported then must not outweigh what it reports now.
  for (int i = 0; i < 3; ++i) stage.restart(site);
  site.host.powerOff();
  site.host.wipe();
  site.engine.boxes.clear();
  stage.apply("2");
  stage.untilRuns(stage.other(), "2");
  site.powerOn();
  CHECK(!stage.fleet.hasJoined(site));
  stage.fleet.untilEmpty("it joins", [&]() { return stage.fleet.join(site); }, MINUTE_MS);
  stage.untilRuns(site, "2", MINUTE_MS);
  stage.fleet.until("central is told", [&]() {
    return stateAtCentral(stage, site) == "running running ";
  }, MINUTE_MS);
  site.services.crash(pids(site)[AGENT], {1, 0});
  stage.apply("3");
  stage.untilRuns(site, "3", MINUTE_MS);
}

// So much that the log of the database is copied into it, and begun anew, on the way.
void storeMuch(Stage& stage) {
  for (int i = 0; i < LARGE_VERSIONS; ++i) {
    WishedApp app;
    app.selector = "customer = acme";
    auto version = "1." + std::to_string(i);
    app.services["agent"] = {"process", version, commandOf(LARGE_BYTES)};
    app.services["web"] = {"container", version, {"/bin/steady"}};
    stage.fleet.must(stage.fleet.console.apply("kind: Tenant\nname: acme\n" +
                                               yamlOf({"acme", "pos"}, app)));
    stage.untilRuns(stage.site(), version);
  }
}

TEST_CASE("a disk that lied is found sound, or refused with what to do; nothing in between") {
  size_t refused = 0, sound = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Stage stage(seed);
    auto& site = stage.site();
    site.host.disk().setSyncLies(true);
    if (seed % 2 == 0) storeMuch(stage);
    stage.apply("2");
    stage.untilRuns(site, "2");
    site.host.powerOff();
    site.host.disk().setSyncLies(false);
    site.powerOn();
    stage.fleet.world.runFor(MINUTE_MS);
    KJ_IF_MAYBE(reason, site.failure()) {
      ++refused;
      std::string said = reason->getDescription().cStr();
      auto says = [&](const char* advice) { return said.find(advice) != said.npos; };
      CHECK_MESSAGE((says("damaged") || says("move it away") || says("join")), said);
      continue;
    }
    ++sound;
    stage.untilRuns(site, "2", 6 * MINUTE_MS);
    stage.apply("3");
    stage.untilRuns(site, "3", MINUTE_MS);
  }
  MESSAGE(sound << " sound, " << refused << " refused");
  CHECK(sound > 0);
  CHECK(refused > 0);
}

}  // namespace
}  // namespace skerry
