// Who may be followed by a site, whatever is left out of a greeting.
#include "shared/model/encoded.h"
#include "test/sim/fleet/hostile_region.h"
#include "tier_central/init.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr uint64_t LONG_MS = 15 * 60'000;  // several attempts, whatever the back-off

// Two regions, a site of the first, and somebody in the first region's place.
struct Stage {
  explicit Stage(FleetShape shape = {2, 2}) : fleet(41, shape) {
    fleet.boot();
    fleet.must(fleet.console.apply(
        "kind: Tenant\nname: acme\n---\nkind: Application\nname: pos\ntenant: acme\n"
        "services:\n  agent:\n    command: [\"/bin/steady\"]\n"
        "    environment: { VERSION: \"1\" }\n    x-skerry: { kind: process }\n"));
  }
  SiteMachine& site() { return *fleet.sites[0]; }
  SiteCore& core() { return KJ_ASSERT_NONNULL(site().tier()->current()); }
  Parent& link() { return *KJ_ASSERT_NONNULL(core().parent); }
  void untilRuns(uint64_t limitMs = 30'000) {
    fleet.until("it runs", [this] { return running(site()).size() == 1; }, limitMs);
  }
  void takePlace(kj::Maybe<Identity> identity) {
    fleet.regions[0]->host.crash();
    it.emplace(fleet, *fleet.regions[0], kj::mv(identity));
    it->sayNothing();
  }
  // A certificate that central's root signed for another key.
  Identity certified(const std::string& name) {
    auto& host = fleet.central.host.host();
    auto keys = loadCentralKeys(host);
    auto root = loadRootKey(host);
    Identity identity;
    identity.key = newKey(host.entropy);
    identity.chain.push_back(issueLeaf(skerry::Issuer{*keys.identity.root, *root}, *identity.key,
                                       name, host.clock.wallMs(), host.entropy));
    identity.root = share(*keys.identity.root);
    return identity;
  }
  // It was dialled, and is not followed, for this reason; nothing changed at the site.
  void checkNotFollowed(const std::string& because) {
    auto key = core().self.parentKey;
    auto home = core().self.home;
    auto version = core().document->orders().version();
    auto before = pids(site());
    bool everUp = false;
    for (uint64_t waited = 0; waited < LONG_MS; waited += 1'000) {
      fleet.world.runFor(1'000);
      everUp |= link().online();
    }
    CHECK(!everUp);
    CHECK_MESSAGE(link().dialling().lastError.find(because) != std::string::npos,
                  link().dialling().lastError);
    CHECK(core().self.parentKey == key);
    CHECK(core().self.home == home);
    CHECK(core().document->orders().version() == version);
    CHECK(pids(site()) == before);
  }

  Fleet fleet;
  std::optional<HostileRegion> it;
};

TEST_CASE("another region that leaves the home out is not followed") {
  Stage stage;
  stage.untilRuns();
  stage.takePlace(stage.certified("region:south"));
  stage.checkNotFollowed("is not our parent");
}

TEST_CASE("a machine of the region that was replaced is not followed for leaving the home out") {
  Stage stage;
  stage.untilRuns();
  stage.takePlace(stage.certified("region:north"));
  stage.checkNotFollowed("no right to command");
}

TEST_CASE("who has the region's own key may leave the home out, and wins nothing by it") {
  Stage stage;
  stage.untilRuns();
  auto before = pids(stage.site());
  stage.takePlace(nullptr);
  stage.fleet.until("the site follows", [&] { return stage.link().online(); });
  auto entry = stage.it->entry(stage.site().name(), "app/acme/pos");
  entry.value.back() ^= 1;
  stage.it->tell(stage.site().name(), "app/acme/pos", entry);
  stage.fleet.world.runFor(30'000);
  auto& judged = stage.core().assignments->apps().at({"acme", "pos"}).judgement;
  CHECK(judged.verdict == Judgement::Verdict::REFUSED);
  CHECK(pids(stage.site()) == before);
}

TEST_CASE("a region that shows no home to a site that never saw one is not followed") {
  FleetShape shape{2, 2};
  shape.unjoined = 2;
  Stage stage(shape);
  REQUIRE(stage.fleet.join(stage.site()) == "");
  stage.takePlace(nullptr);
  stage.fleet.until("the site is up", [&] { return stage.site().isStarted(); });
  REQUIRE(stage.core().self.home.empty());
  stage.checkNotFollowed("no right to command");
  stage.it.reset();
  stage.fleet.regions[0]->host.restart();
  stage.untilRuns(600'000);  // who was refused for long dials every five minutes
}

}  // namespace
}  // namespace skerry
