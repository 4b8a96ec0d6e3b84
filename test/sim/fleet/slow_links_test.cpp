// Links of two seconds there and back that lose packets and carry four kilobytes in a second:
// everything works, only slower, and no session is given up for being slow.
#include "test/sim/fleet/stage.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr SimWeather SLOW{1'000, 5, 4 << 10};
constexpr uint64_t HOUR_MS = 60 * MINUTE_MS;
constexpr int ASKS_MAX = 3;
constexpr size_t LARGE_BYTES = 120'000;  // of a specification: half a minute of each link

struct Lines final : schema::LineSink::Server {
  explicit Lines(size_t& count) : count(count) {}
  kj::Promise<void> write(WriteContext context) override {
    count += context.getParams().getLines().size();
    return kj::READY_NOW;
  }
  size_t& count;
};

struct SlowFleet {
  explicit SlowFleet(uint64_t seed) : fleet(seed, {.regions = 1, .sites = 2}) {
    auto& region = fleet.regions[0]->host;
    slow("central", region.name());
    for (auto& site : fleet.sites) slow(region.name(), site->host.name());
    fleet.boot();
  }
  void slow(kj::StringPtr a, kj::StringPtr b) { fleet.world.network().slow(a, b, SLOW); }

  RegionCore& region() { return KJ_ASSERT_NONNULL(fleet.regions[0]->tier()->current()); }
  SiteCore& core(SiteMachine& site) { return KJ_ASSERT_NONNULL(site.tier()->current()); }
  // How often a link was dialled so far.
  uint64_t attempts() {
    uint64_t sum = region().parent->dialling().attempts;
    for (auto& site : fleet.sites) {
      sum += KJ_ASSERT_NONNULL(core(*site).parent)->dialling().attempts;
    }
    return sum;
  }
  // Nobody waits for long in front of a screen: a site whose packets were lost is named as missing,
  // and asked again.
  int asksUntilAllAnswer() {
    for (int asked = 1; asked <= ASKS_MAX; ++asked) {
      auto usage = fleet.central.tier()->admin().usageRequest();
      usage.initQuery().setOf(schema::UsageQuery::Subject::SITES);
      auto used = fleet.world.run(usage.send(), MINUTE_MS);
      CHECK(used.getRows().size() + used.getMissing().size() == fleet.sites.size());
      if (used.getMissing().size() == 0) return asked;
    }
    return ASKS_MAX + 1;
  }
  void apply(const std::string& version, size_t bytes = 0) {
    WishedApp app;
    app.services["agent"] = {"process", version, commandOf(bytes)};
    fleet.must(fleet.console.apply("kind: Tenant\nname: acme\n" + yamlOf({"acme", "pos"}, app)));
  }
  void untilRuns(const std::string& version, uint64_t limitMs) {
    fleet.until("a version runs", [&]() {
      for (auto& site : fleet.sites) {
        if (running(*site)[AGENT] != version) return false;
      }
      return true;
    }, limitMs);
  }

  Fleet fleet;
};

TEST_CASE("on links of 2 s that lose one packet in 20 a fleet joins, deploys, answers and renews") {
  for (uint64_t seed : {51, 52, 53}) {
    CAPTURE(seed);
    SlowFleet slow(seed);
    auto& fleet = slow.fleet;
    slow.apply("1");
    slow.untilRuns("1", MINUTE_MS);
    auto dialled = slow.attempts();

    slow.apply("2", LARGE_BYTES);
    slow.untilRuns("2", 6 * MINUTE_MS);
    slow.apply("3");
    slow.untilRuns("3", MINUTE_MS);

    CHECK(slow.asksUntilAllAnswer() <= ASKS_MAX);

    size_t lines = 0;
    auto logs = KJ_ASSERT_NONNULL(fleet.central.tier()->current()).children.begin()
        ->second->downlink();
    auto asked = KJ_ASSERT_NONNULL(logs).logsRequest();
    asked.initQuery().setTenant("acme");
    asked.getQuery().setApp("pos");
    asked.setSink(kj::heap<Lines>(lines));
    CHECK(fleet.world.run(asked.send(), MINUTE_MS).getMissing().size() == 0);

    // Hours of nothing to say keep every session.
    fleet.world.runFor(3 * HOUR_MS);
    CHECK(slow.attempts() == dialled);

    auto& leaf = slow.core(*fleet.sites[0]).identity.chain[0];
    auto ends = validity(*leaf).untilMs;
    auto half = (ends - fleet.sites[0]->host.host().clock.wallMs()) * 3 / 4;
    for (auto machine : fleet.machines()) machine->host.jumpWallClock(half);
    fleet.until("its certificate is renewed", [&]() {
      return validity(*slow.core(*fleet.sites[0]).identity.chain[0]).untilMs > ends;
    }, 2 * HOUR_MS);
  }
}

}  // namespace
}  // namespace skerry
