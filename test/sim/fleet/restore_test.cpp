// A tier comes back from a backup: nothing that its children hold is undone (property L7), and no
// healthy application notices.
#include "test/sim/fleet/stage.h"
#include "test/sim/fleet/vault.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr uint64_t SETTLE_MS = 3 * MINUTE_MS;

std::string extra(const std::string& app, const std::string& version) {
  WishedApp wished;
  wished.selector = "customer = acme";
  wished.services["agent"] = {"process", version, {"/bin/steady"}};
  return yamlOf({"acme", app}, wished);
}

bool isOnline(Fleet& fleet, SiteMachine& site) {
  auto items = fleet.get("site");
  KJ_IF_MAYBE(item, items.find(site.name())) return item->getStatus().getSite().getOnline();
  return false;
}
bool isOnline(Fleet& fleet, RegionMachine& region) {
  auto items = fleet.get("region");
  KJ_IF_MAYBE(item, items.find(region.name())) return item->getStatus().getRegion().getOnline();
  return false;
}

struct Rig : Stage {
  explicit Rig(uint64_t seed) : Stage(seed) {}
  using Instances = std::map<std::string, std::string>;

  void runs(SiteMachine& at, const Instances& all) {
    fleet.until("what is wanted runs", [&] { return running(at) == all; }, 6 * MINUTE_MS);
  }
  void everywhere(const Instances& all) {
    runs(site(), all);
    runs(other(), all);
  }
  void remove(const std::string& app) {
    fleet.must(fleet.console.remove("application", "acme", app));
  }
  // Whoever is restored, whatever happens after: what runs is not touched.
  template <typename Restore>
  void untouched(Restore&& restore, uint64_t settleMs = SETTLE_MS) {
    auto here = pids(site()), there = pids(other());
    restore();
    fleet.world.runFor(settleMs);
    CHECK(pids(site()) == here);
    CHECK(pids(other()) == there);
  }
  std::set<std::string> declared() {
    std::set<std::string> names;
    auto items = fleet.get("application");
    for (auto item : items.list()) names.insert(item.getName().cStr());
    return names;
  }
  bool isReady() {
    auto asking = fleet.central.tier()->admin().restoreStatusRequest().send().then(
        [](auto&& answer) { return answer.getView().getIsReady(); });
    return fleet.world.run(kj::mv(asking), MINUTE_MS);
  }
  void confirmWithout(const std::string& region) {
    auto request = fleet.central.tier()->admin().restoreConfirmRequest();
    request.setWithout(region);
    fleet.world.run(request.send().ignoreResult(), MINUTE_MS);
  }
  std::string refusalOf(const std::string& yaml) {
    return fleet.world.run(fleet.console.apply(yaml), MINUTE_MS).problem;
  }
};

const Rig::Instances V1{{AGENT, "1"}, {WEB, "1"}}, V2{{AGENT, "2"}, {WEB, "2"}},
    V3{{AGENT, "3"}, {WEB, "3"}};

Rig::Instances with(Rig::Instances all, const std::string& app, const std::string& version) {
  all["acme." + app + ".agent.0"] = version;
  return all;
}

TEST_CASE("a restored central adopts what was changed, made and deleted since its backup") {
  Rig rig(701);
  rig.fleet.must(rig.fleet.console.apply(extra("old", "1")));
  rig.everywhere(with(V1, "old", "1"));
  auto backup = backUp(rig.fleet, rig.fleet.central);
  rig.apply("2");
  rig.fleet.must(rig.fleet.console.apply(extra("fresh", "7")));
  rig.remove("old");
  rig.everywhere(with(V2, "fresh", "7"));
  rig.untouched([&] { restore(rig.fleet, rig.fleet.central, backup); });
  CHECK(rig.isReady());
  CHECK(rig.declared() == std::set<std::string>{"pos", "fresh"});
  rig.apply("3");
  rig.everywhere(with(V3, "fresh", "7"));
  rig.remove("fresh");
  rig.everywhere(V3);
}

TEST_CASE("a restored central declares nothing before every region was read or written off") {
  Rig rig(702);
  auto backup = backUp(rig.fleet, rig.fleet.central);
  rig.apply("2");
  rig.everywhere(V2);
  rig.region().host.powerOff();
  rig.untouched([&] { restore(rig.fleet, rig.fleet.central, backup); });
  CHECK_FALSE(rig.isReady());
  CHECK(rig.refusalOf(Stage::yaml("3")).starts_with("recovering"));
  rig.confirmWithout(rig.region().name());
  CHECK(rig.isReady());
  CHECK(rig.refusalOf(extra("meanwhile", "1")) == "");
  rig.region().powerOn();
  rig.everywhere(with(V2, "meanwhile", "1"));
  rig.apply("3");
  rig.everywhere(with(V3, "meanwhile", "1"));
}

TEST_CASE("a restored region says nothing to its sites before central said what holds") {
  Rig rig(703);
  rig.fleet.must(rig.fleet.console.apply(extra("old", "1")));
  rig.everywhere(with(V1, "old", "1"));
  auto backup = backUp(rig.fleet, rig.region());
  rig.apply("2");
  rig.remove("old");
  rig.everywhere(V2);
  rig.network().cut("central", rig.region().host.name());
  rig.untouched([&] { restore(rig.fleet, rig.region(), backup); });
  rig.network().heal("central", rig.region().host.name());
  rig.untouched([] {});
  rig.apply("3");
  rig.everywhere(V3);
}

TEST_CASE("a host that joined after the backup of its region is let in again") {
  Fleet fleet(704, {1, 2, 1});
  fleet.boot();
  auto& region = *fleet.regions[0];
  auto& late = *fleet.sites[1];
  auto backup = backUp(fleet, region);
  CHECK(fleet.join(late) == "");
  auto isThere = [&] { return isOnline(fleet, late); };
  fleet.until("it is online", isThere);
  restore(fleet, region, backup);
  fleet.world.runFor(MINUTE_MS);
  fleet.until("it is online again", isThere);
}

// At the n-th call of its disk, for every n until it starts undisturbed: what the mark asks for is
// either done or begun again.
template <typename Machine>
void restoreWithPowerCuts(Rig& rig, Machine& machine, const Bytes& backup) {
  auto isUp = [&] { return machine.isStarted(); };
  for (uint64_t n = 1;; n += 2) {
    CAPTURE(n);
    machine.host.crash();
    rig.fleet.world.run(restoreBackup(machine.host.host(), tierOf(machine), backup), BACKUP_MS);
    machine.host.powerOffAtDiskCall(n);
    machine.host.restart();
    rig.fleet.until("it is up, or dark", [&] { return machine.host.lostPower() || isUp(); });
    bool isUndisturbed = !machine.host.lostPower();
    machine.host.powerOff();
    machine.host.powerOn();
    rig.fleet.until("the restored daemon is up", isUp);
    rig.untouched([] {}, MINUTE_MS);
    if (isUndisturbed) return;
  }
}

TEST_CASE("a power cut at any moment of the first start after a restore undoes nothing") {
  Rig rig(709);
  auto central = backUp(rig.fleet, rig.fleet.central);
  auto region = backUp(rig.fleet, rig.region());
  rig.apply("2");
  rig.everywhere(V2);
  restoreWithPowerCuts(rig, rig.fleet.central, central);
  restoreWithPowerCuts(rig, rig.region(), region);
  rig.apply("3");
  rig.everywhere(V3);
}

TEST_CASE("a host that joined a site declared anew is not revoked by its region's restore") {
  Fleet fleet(710, {1, 2, 1});
  fleet.boot();
  auto& region = *fleet.regions[0];
  auto& late = *fleet.sites[1];
  auto backup = backUp(fleet, region);
  auto yaml = "kind: Site\nname: " + late.name() + "\nregion: " + late.region + "\n";
  fleet.must(fleet.console.remove("site", "", late.name()));
  fleet.must(fleet.console.apply(yaml));
  fleet.world.runFor(MINUTE_MS);
  CHECK(fleet.join(late) == "");
  auto isThere = [&] { return isOnline(fleet, late); };
  fleet.until("it is online", isThere);
  fleet.world.network().cut("central", region.host.name());
  restore(fleet, region, backup);
  fleet.world.runFor(2 * MINUTE_MS);
  fleet.world.network().heal("central", region.host.name());
  fleet.world.runFor(MINUTE_MS);
  fleet.until("it is online again", isThere, 6 * MINUTE_MS);
}

TEST_CASE("a region that joined after the backup of central is known again, with its sites") {
  Fleet fleet(708, {1, 1});
  fleet.boot();
  auto backup = backUp(fleet, fleet.central);
  fleet.regions.push_back(kj::heap<RegionMachine>(fleet.world, *fleet.transport, "late"));
  auto& late = *fleet.regions.back();
  late.powerOn();
  fleet.must(fleet.console.apply("kind: Region\nname: late\n---\nkind: Site\nname: bergen\n"
                                 "region: late\n"));
  CHECK(fleet.join(late) == "");
  auto isThere = [&] { return isOnline(fleet, late); };
  fleet.until("it is online", isThere);
  fleet.world.runFor(MINUTE_MS);
  restore(fleet, fleet.central, backup);
  fleet.until("it is online again", isThere);
  fleet.untilEmpty("its site is declared again", [&] {
    auto items = fleet.get("site");
    return items.find("bergen") == nullptr ? "no bergen" : "";
  }, SETTLE_MS);
  fleet.must(fleet.console.apply("kind: Site\nname: molde\nregion: late\n"));
}

TEST_CASE("what central ended while a region was being restored ends with its next word") {
  Rig rig(709);
  auto backup = backUp(rig.fleet, rig.region());
  rig.fleet.must(rig.fleet.console.apply(extra("late", "1")));
  rig.fleet.must(rig.fleet.console.apply(extra("kept", "1")));
  rig.everywhere(with(with(V1, "late", "1"), "kept", "1"));
  rig.region().host.powerOff();
  rig.remove("late");
  rig.region().powerOn();
  restore(rig.fleet, rig.region(), backup);
  rig.fleet.until("it ends with central's next word", [&] {
    return running(rig.site()) == with(V1, "kept", "1");
  }, 90 * MINUTE_MS);
  rig.runs(rig.other(), with(V1, "kept", "1"));
}

TEST_CASE("a restored site ends nothing that runs, with its region or without") {
  Rig rig(705);
  auto backup = backUp(rig.fleet, rig.site());
  rig.apply("2");
  rig.everywhere(V2);
  rig.cutOff(rig.site());
  rig.untouched([&] { restore(rig.fleet, rig.site(), backup); });
  rig.join(rig.site());
  rig.untouched([] {});
  rig.apply("3");
  rig.everywhere(V3);
}

TEST_CASE("a restored site whose machine was dead starts what its backup says, then what holds") {
  Rig rig(706);
  auto backup = backUp(rig.fleet, rig.site());
  rig.apply("2");
  rig.everywhere(V2);
  rig.cutOff(rig.site());
  rig.site().host.powerOff();
  rig.site().powerOn();
  restore(rig.fleet, rig.site(), backup);
  rig.fleet.until("something runs", [&] { return running(rig.site()).size() == 2; });
  rig.join(rig.site());
  rig.everywhere(V2);
}

TEST_CASE("what is restored twice goes on, each time in a later era") {
  Rig rig(707);
  auto backup = backUp(rig.fleet, rig.fleet.central);
  auto below = backUp(rig.fleet, rig.region());
  auto era = [&] {
    return KJ_ASSERT_NONNULL(rig.fleet.central.tier()->current()).registry.getEra();
  };
  rig.apply("2");
  rig.everywhere(V2);
  uint64_t before = era();
  for (int i = 0; i < 2; ++i) {
    rig.untouched([&] {
      restore(rig.fleet, rig.fleet.central, backup);
      restore(rig.fleet, rig.region(), below);
    });
    CHECK(era() > before);
    before = era();
  }
  rig.apply("3");
  rig.everywhere(V3);
}

// Edits, backups of any tier at any moment, restores from any of them at any moment.
TEST_CASE("restores from any backup at any moment stop and start nothing, and all converges") {
  for (uint64_t seed = 720; seed < 740; ++seed) {
    CAPTURE(seed);
    Rig rig(seed);
    auto chance = rig.fleet.world.entropy().fork();
    std::vector<Bytes> centrals, regions, sites;
    unsigned version = 1;
    for (int i = 0; i < 14; ++i) {
      rig.fleet.world.runFor(chance.between(1, 40'000));
      auto pick = [&](std::vector<Bytes>& from) -> Bytes& {
        return from[chance.between(0, from.size() - 1)];
      };
      auto dice = chance.between(0, 99);
      if (dice < 30) {
        auto next = std::to_string(++version);
        rig.fleet.until("central takes it", [&] { return rig.refusalOf(Stage::yaml(next)) == ""; });
        rig.everywhere({{AGENT, next}, {WEB, next}});
      } else if (dice < 60) {
        centrals.push_back(backUp(rig.fleet, rig.fleet.central));
        regions.push_back(backUp(rig.fleet, rig.region()));
        sites.push_back(backUp(rig.fleet, rig.site()));
      } else if (!centrals.empty()) {
        rig.untouched([&] {
          if (dice % 3 == 0) restore(rig.fleet, rig.fleet.central, pick(centrals));
          else if (dice % 3 == 1) restore(rig.fleet, rig.region(), pick(regions));
          else restore(rig.fleet, rig.site(), pick(sites));
        });
      }
    }
    auto last = std::to_string(++version);
    rig.fleet.until("central takes it", [&] { return rig.refusalOf(Stage::yaml(last)) == ""; });
    rig.everywhere({{AGENT, last}, {WEB, last}});
    CHECK(rig.isReady());
  }
}

}  // namespace
}  // namespace skerry
