// Large fleets. Everybody comes back at once: the parents serve as many as they can, tell the
// others when to come, and all are in sync soon, with no help. And a change for all reaches them.
//
//   SITES=N REGIONS=N   another fleet: 10,000 sites of 10 regions take two minutes and 2 GiB
#include "test/sim/fleet/light_site.h"
#include "test/sim/fleet/wishes.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr size_t SITES = 600, REGIONS = 10;
constexpr size_t DECLARED_AT_ONCE = 100;
constexpr uint64_t SECOND_MS = 1'000, MINUTE_MS = 60'000;
constexpr uint64_t CHANGED_WITHIN_MS = 10'000;  // of virtual time, in which computing takes none

size_t fromEnvironment(const char* name, size_t otherwise) {
  auto value = getenv(name);
  return value == nullptr ? otherwise : std::stoull(value);
}

struct LargeFleet {
  LargeFleet(size_t regions, size_t count) : fleet(71, {.regions = regions, .sites = 0}) {
    fleet.boot();
    for (size_t done = 0; done < count; done += DECLARED_AT_ONCE) declare(done, count);
    for (size_t i = 0; i < count; ++i) {
      auto& region = regionOf(i);
      fleet.until("the region has orders for the site", [&]() {
        KJ_IF_MAYBE(core, region.tier()->current()) return core->children.contains(nameOf(i));
        return false;
      });
      sites.push_back(kj::heap<LightSite>(fleet.world, *fleet.plain, region, nameOf(i)));
    }
  }
  std::string nameOf(size_t i) const { return "light-" + std::to_string(i); }
  RegionMachine& regionOf(size_t i) { return *fleet.regions[i % fleet.regions.size()]; }
  void declare(size_t from, size_t count) {
    std::string yaml;
    for (size_t i = from; i < std::min(from + DECLARED_AT_ONCE, count); ++i) {
      yaml += "---\nkind: Site\nname: " + nameOf(i) + "\nregion: " + regionOf(i).name() + "\n";
    }
    fleet.must(fleet.console.apply(yaml));
  }
  size_t online() const {
    return std::count_if(sites.begin(), sites.end(), [](auto& site) { return site->online(); });
  }
  // Everybody gets an application, and whoever has it says so; how long until 99 in 100 have.
  uint64_t changeMs() {
    std::vector<VersionId> before;
    for (auto& site : sites) before.push_back(site->version());
    auto beginMs = fleet.world.nowMs();
    WishedApp app;
    app.services["agent"] = {"process", "1", {"/bin/steady"}};
    fleet.must(fleet.console.apply("kind: Tenant\nname: acme\n" + yamlOf({"acme", "pos"}, app)));
    fleet.until("99 in 100 have the change", [&]() {
      size_t have = 0;
      for (size_t i = 0; i < sites.size(); ++i) {
        have += before[i] < sites[i]->version() && sites[i]->inSync();
      }
      return have * 100 >= sites.size() * 99;
    }, 2 * MINUTE_MS);
    return fleet.world.nowMs() - beginMs;
  }
  // Empty when every site is in sync.
  std::string apart() {
    for (auto& site : sites) {
      if (!site->inSync()) return site->name + " is not: " + site->lastError();
    }
    return "";
  }
  uint64_t attempts() const {
    uint64_t sum = 0;
    for (auto& site : sites) sum += site->attempts();
    return sum;
  }
  void untilInSync(uint64_t limitMs) {
    fleet.untilEmpty("all are in sync", [&]() { return apart(); }, limitMs);
  }
  // How many came in each second until all were there. The last is what it took.
  std::vector<size_t> untilBack(uint64_t limitMs) {
    std::vector<size_t> perSecond;
    for (size_t before = online(); before < sites.size();) {
      fleet.world.runFor(SECOND_MS);
      auto now = online();
      perSecond.push_back(now - std::min(now, before));
      before = now;
      KJ_REQUIRE(perSecond.size() * SECOND_MS < limitMs, "not all came back", now, sites.size());
    }
    return perSecond;
  }

  Fleet fleet;
  std::vector<kj::Own<LightSite>> sites;
};

TEST_CASE("when every site comes back at once all are soon in sync, and a change reaches them") {
  auto regions = fromEnvironment("REGIONS", REGIONS), count = fromEnvironment("SITES", SITES);
  LargeFleet large(regions, count);
  for (auto& site : large.sites) {
    site->report("host/host1", "a host");
    site->dial();
  }
  large.untilInSync(2 * MINUTE_MS);

  SUBCASE("the links of all break") {
    for (auto& region : large.fleet.regions) {
      large.fleet.world.network().connectionsBreak(region->host.name());
    }
  }
  SUBCASE("their region lost power for a minute") {
    for (auto& region : large.fleet.regions) region->host.powerOff();
    large.fleet.world.runFor(MINUTE_MS);
    for (auto& region : large.fleet.regions) region->powerOn();
  }
  // Meanwhile everybody has something new to tell.
  for (auto& site : large.sites) site->report("host/host1", "another state");
  large.fleet.world.runFor(1);  // everybody hears of it
  CHECK(large.online() == 0);
  auto before = large.attempts();
  auto perSecond = large.untilBack(5 * MINUTE_MS);
  large.untilInSync(MINUTE_MS);
  REQUIRE(!perSecond.empty());
  auto most = *std::max_element(perSecond.begin(), perSecond.end());
  MESSAGE(count << " sites: " << perSecond.size() << " s, at most " << most << " in one, "
                << large.attempts() - before << " attempts");
  CHECK(perSecond.size() <= 60 + count / regions / HELLOS_PER_SECOND);
  // Nobody hammers: an attempt, a few that found no region yet, one that was told when to come.
  CHECK(large.attempts() - before <= 12 * count);

  auto changeMs = large.changeMs();
  MESSAGE("a change reaches 99 in 100 after " << changeMs << " ms");
  CHECK(changeMs <= CHANGED_WITHIN_MS);
  large.untilInSync(MINUTE_MS);
}

}  // namespace
}  // namespace skerry
