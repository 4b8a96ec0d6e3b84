// Blocks and quotas in whole fleets: effective at a site as soon as it hears, wherever it is cut
// off afterwards.
#include "test/sim/fleet/stage.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

struct Blocked : Stage {
  using Stage::Stage;
  void block(const std::string& kind, const std::string& name, bool isBlocked,
             const std::string& reason = "unpaid") {
    fleet.must(fleet.console.block(kind, name, isBlocked, reason));
  }
  void untilIdle(SiteMachine& site) {
    fleet.until(
        "nothing runs", [&] { return running(site).empty(); }, SOON_MS);
  }
  // Of every instance that central knows of at the site.
  std::set<std::string> reasons(const std::string& site) {
    std::set<std::string> all;
    auto items = fleet.get("instance");
    for (auto item : items.list()) {
      auto instance = item.getStatus().getInstance();
      if (text(instance.getSite()) != site) continue;
      CHECK(text(instance.getState()) == "stopped");
      all.insert(text(instance.getReason()));
    }
    return all;
  }
};

TEST_CASE(
    "a blocked tenant stops at every site that hears, stays stopped offline, and comes back") {
  Blocked stage(41);
  stage.block("tenant", "acme", true);
  stage.untilIdle(stage.site());
  stage.untilIdle(stage.other());
  stage.fleet.until(
      "it is told",
      [&] {
        return stage.reasons(stage.site().name()) ==
               std::set<std::string>{"blocked by central: tenant acme: unpaid"};
      },
      SOON_MS);
  // With nobody upstream, over a power cut.
  stage.cutOff(stage.site());
  stage.restart(stage.site());
  stage.fleet.world.runFor(5 * MINUTE_MS);
  CHECK(running(stage.site()).empty());
  stage.block("tenant", "acme", false);
  stage.untilRuns(stage.other(), "1");
  CHECK(running(stage.site()).empty());
  stage.join(stage.site());
  stage.untilRuns(stage.site(), "1", 3 * MINUTE_MS);
}

TEST_CASE("a site that is away when it is blocked stops once it hears") {
  Blocked stage(42);
  stage.cutOff(stage.site());
  stage.block("site", stage.site().name(), true);
  stage.fleet.world.runFor(MINUTE_MS);
  CHECK(Stage::runs(stage.site(), "1"));
  stage.join(stage.site());
  stage.fleet.until(
      "nothing runs", [&] { return running(stage.site()).empty(); }, 3 * MINUTE_MS);
  CHECK(Stage::runs(stage.other(), "1"));
  // Its link stays: that is how it hears the end of it.
  CHECK(stage.isOnline(stage.site().name()));
  stage.block("site", stage.site().name(), false);
  stage.untilRuns(stage.site(), "1");
}

TEST_CASE("a blocked host's key opens nothing, and what it runs it runs on by what it knows") {
  Blocked stage(43);
  auto& site = stage.site();
  auto hosts = stage.fleet.get("host");
  std::string name;
  for (auto item : hosts.list()) {
    if (text(item.getStatus().getHost().getSite()) == site.name()) name = text(item.getName());
  }
  REQUIRE(name != "");
  auto before = pids(site);
  stage.block("host", name, true, "stolen");
  stage.fleet.until(
      "it is out", [&] { return !stage.isOnline(site.name()); }, SOON_MS);
  stage.fleet.world.runFor(5 * MINUTE_MS);
  CHECK(!stage.isOnline(site.name()));
  CHECK(pids(site) == before);
  stage.restart(stage.region());
  stage.fleet.world.runFor(5 * MINUTE_MS);
  CHECK(!stage.isOnline(site.name()));
  stage.block("host", name, false);
  stage.fleet.until(
      "it is back", [&] { return stage.isOnline(site.name()); }, 6 * MINUTE_MS);
  CHECK(pids(site) == before);
}

std::string quotaYaml(const std::string& version, int instances) {
  auto yaml = Stage::yaml(version);
  return "kind: Tenant\nname: acme\nquota: { instances: " + std::to_string(instances) + " }\n" +
         yaml.substr(yaml.find("---"));
}

TEST_CASE("a site that comes to match beyond the quota is left out until there is room") {
  Stage stage(44);
  // Two services at each of the sites that match now.
  size_t matching = 0;
  std::vector<SiteMachine*> others;
  for (auto& site : stage.fleet.sites) {
    bool isMatching = !running(*site).empty();
    matching += isMatching;
    if (!isMatching) others.push_back(site.get());
  }
  REQUIRE(!others.empty());
  auto& late = *others[0];
  stage.fleet.must(stage.fleet.console.apply(quotaYaml("1", int(matching) * 2)));
  auto before = pids(stage.site());
  stage.fleet.must(stage.fleet.console.apply(stage.fleet.siteYaml(late, {{"customer", "acme"}})));
  auto verdict = [&](const std::string& site) {
    auto items = stage.fleet.get("application");
    for (auto item : items.list()) {
      for (auto target : item.getStatus().getApplication().getTargets()) {
        if (text(target.getSite()) == site) {
          return text(target.getVerdict()) + " " + text(target.getReason());
        }
      }
    }
    return std::string();
  };
  stage.fleet.until(
      "it is said", [&] { return verdict(late.name()).starts_with("blocked no quota"); }, SOON_MS);
  // Nor does a region that starts again give it what others have.
  stage.restart(stage.fleet.region(late.region));
  stage.fleet.world.runFor(MINUTE_MS);
  CHECK(running(late).empty());
  CHECK(pids(stage.site()) == before);
  stage.fleet.must(stage.fleet.console.apply(quotaYaml("1", int(matching) * 2 + 2)));
  stage.untilRuns(late, "1");
  CHECK(pids(stage.site()) == before);
  stage.fleet.until(
      "all is well", [&] { return verdict(late.name()) == "accepted "; }, SOON_MS);
}

TEST_CASE("a region with central away assigns no more than its share") {
  Stage stage(45);
  size_t matching = 0;
  for (auto& site : stage.fleet.sites) matching += !running(*site).empty();
  stage.fleet.must(stage.fleet.console.apply(quotaYaml("1", int(matching) * 2)));
  stage.fleet.world.runFor(MINUTE_MS);
  stage.fleet.central.host.powerOff();
  auto before = pids(stage.site());
  stage.restart(stage.region());
  stage.restart(stage.site());
  stage.fleet.world.runFor(5 * MINUTE_MS);
  CHECK(pids(stage.site()) == before);
}

}  // namespace
}  // namespace skerry
