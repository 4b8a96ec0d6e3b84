// Links on which nobody says anything: what they cost, and how soon a death is known.
#include "test/sim/fleet/stage.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr uint64_t DAY_MS = 24 * 60 * MINUTE_MS;
constexpr uint64_t MONTH_BYTES = 1'500'000, DAYS = 30;
// What TLS 1.3 adds to a record, and IPv4 and TCP with time stamps to a packet.
constexpr uint64_t RECORD_BYTES = 22, PACKET_BYTES = 52;
constexpr uint64_t KNOWN_WITHIN_MS = 5 * MINUTE_MS;

// Every write is a record and a packet. An answer acknowledges what it answers; what else came
// takes a packet of its own.
uint64_t wireBytes(const SimCarried& sent, const SimCarried& received) {
  auto unanswered = received.writes - std::min(received.writes, sent.writes);
  return sent.bytes + sent.writes * (RECORD_BYTES + PACKET_BYTES) + unanswered * PACKET_BYTES;
}

TEST_CASE("a quiet day costs the uplink of a site less than a thirtieth of 1.5 MB") {
  Stage stage(81);
  auto& site = stage.site().host;
  auto& region = stage.region().host;
  stage.fleet.world.runFor(10 * MINUTE_MS);  // what was said before is over
  auto carried = [&](const SimHost& from, const SimHost& to) {
    return stage.network().carried(from.name(), to.name());
  };
  auto since = [](const SimCarried& now, const SimCarried& then) {
    return SimCarried{now.bytes - then.bytes, now.writes - then.writes};
  };
  auto upBefore = carried(site, region), downBefore = carried(region, site);
  auto dialled = [&] {
    auto& core = KJ_ASSERT_NONNULL(stage.site().tier()->current());
    return KJ_ASSERT_NONNULL(core.parent)->dialling().attempts;
  };
  auto dialledBefore = dialled();
  stage.fleet.world.runFor(DAY_MS);
  auto up = since(carried(site, region), upBefore);
  auto down = since(carried(region, site), downBefore);
  auto cost = wireBytes(up, down);
  MESSAGE(cost << " bytes up a day: " << up.bytes << " in " << up.writes << " writes, and "
               << down.bytes << " in " << down.writes << " down");
  CHECK(cost < MONTH_BYTES / DAYS);
  CHECK(dialled() == dialledBefore);
  CHECK(stage.runs(stage.site(), "1"));
}

TEST_CASE("a region and a site that lost power are known to be gone within five minutes") {
  Stage stage(82);
  stage.fleet.world.runFor(10 * MINUTE_MS);
  auto& world = stage.fleet.world;
  auto goneAfterMs = [&](auto isThere) {
    auto fromMs = world.nowMs();
    while (isThere() && world.nowMs() < fromMs + 2 * KNOWN_WITHIN_MS) world.runFor(FLEET_STEP_MS);
    return world.nowMs() - fromMs;
  };
  auto& site = stage.site();
  auto linkIsUp = [&] {
    return KJ_ASSERT_NONNULL(KJ_ASSERT_NONNULL(site.tier()->current()).parent)->online();
  };

  SUBCASE("the site") {
    auto& core = KJ_ASSERT_NONNULL(stage.region().tier()->current());
    site.host.powerOff();
    auto afterMs = goneAfterMs([&] { return core.children.at(site.name())->online(); });
    MESSAGE("known after " << afterMs << " ms");
    CHECK(afterMs <= KNOWN_WITHIN_MS);
    CHECK(afterMs > FLEET_STEP_MS);
  }
  SUBCASE("the region") {
    stage.region().host.powerOff();
    auto afterMs = goneAfterMs(linkIsUp);
    MESSAGE("known after " << afterMs << " ms");
    CHECK(afterMs <= KNOWN_WITHIN_MS);
    CHECK(afterMs > FLEET_STEP_MS);
    CHECK(stage.runs(site, "1"));
  }
  SUBCASE("the region, of which the site wants something just then") {
    stage.region().host.powerOff();
    site.services.crash(pids(site)[AGENT], {1, 0});  // which it reports
    auto afterMs = goneAfterMs(linkIsUp);
    MESSAGE("known after " << afterMs << " ms");
    CHECK(afterMs <= 2 * MINUTE_MS);
  }
}

}  // namespace
}  // namespace skerry
