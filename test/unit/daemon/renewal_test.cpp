#include "shared/daemon/renewal.h"
#include "test/sim/sim_host.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr uint64_t HOUR_MS = 3'600'000;

struct Tier final : Renewal::Owner {
  SimWorld world{14};
  SimHost machine{world, "site"};
  kj::Own<TrustedClock> clock;
  kj::Own<Renewal> renewal;
  bool isUp = false, isAway = false, isRefused = false, isFull = false;
  int64_t dueMs = INT64_MAX;
  int asked = 0, taken = 0;

  Tier() {
    machine.powerOn();
    clock = kj::heap<TrustedClock>(machine.host().clock);
    renewal = kj::heap<Renewal>(machine.host(), *clock, *this);
  }
  void comeUp() {
    isUp = true;
    renewal->linkUp();
  }
  int64_t renewalDueMs() const override { return dueMs; }
  bool isLinkUp() const override { return isUp; }
  kj::Promise<RenewAnswer> askForNext() override {
    asked++;
    KJ_REQUIRE(!isAway, "nobody is there");
    if (isRefused) return RenewAnswer(unknownDevice("site"));
    return RenewAnswer(Renewed());
  }
  void takeNext(Renewed) override {
    taken++;
    dueMs = INT64_MAX;
    KJ_REQUIRE(!isFull, "no room");
  }
};

TEST_CASE("what is due is asked for within the hour, once the link is up, and once") {
  Tier tier;
  tier.dueMs = tier.clock->nowMs();
  tier.world.runFor(3 * HOUR_MS);
  CHECK(tier.asked == 0);
  tier.comeUp();
  tier.world.runFor(1);
  CHECK(tier.taken == 1);
  tier.dueMs = tier.clock->nowMs() + 5 * int64_t(HOUR_MS);
  tier.world.runFor(4 * HOUR_MS);
  CHECK(tier.asked == 1);
  tier.world.runFor(2 * HOUR_MS + 1);
  CHECK(tier.asked == 2);
  CHECK(tier.taken == 2);
}

TEST_CASE("who is told that its certificate ended asks without a link, ever less often") {
  Tier tier;
  tier.isAway = true;
  tier.renewal->toldExpired();
  tier.world.runFor(1'001);
  CHECK(tier.asked >= 1);
  CHECK(tier.renewal->trouble().find("nobody is there") != std::string::npos);
  tier.world.runFor(HOUR_MS);
  auto inFirstHour = tier.asked;
  CHECK(inFirstHour >= 10);
  CHECK(inFirstHour <= 80);
  tier.isAway = false;
  tier.isRefused = true;
  tier.world.runFor(HOUR_MS);
  CHECK(tier.renewal->trouble().find("device-unknown") != std::string::npos);
  tier.isRefused = false;
  tier.world.runFor(RENEWAL_BACKOFF_CAP / kj::MILLISECONDS);
  CHECK(tier.taken == 1);
  CHECK(tier.renewal->trouble() == "");
  auto asked = tier.asked;
  tier.world.runFor(2 * HOUR_MS);
  CHECK(tier.asked == asked);
}

TEST_CASE("a link that came up by itself ends the asking") {
  Tier tier;
  tier.isAway = true;
  tier.renewal->toldExpired();
  tier.world.runFor(60'000);
  tier.comeUp();
  tier.world.runFor(1'000);
  auto asked = tier.asked;
  tier.world.runFor(HOUR_MS);
  CHECK(tier.asked <= asked + 1);
}

TEST_CASE("a certificate that cannot be written is used all the same, and said") {
  Tier tier;
  tier.isFull = true;
  tier.renewal->toldExpired();
  tier.world.runFor(HOUR_MS);
  CHECK(tier.taken == 1);
  CHECK(tier.renewal->trouble().find("no room") != std::string::npos);
}

}  // namespace
}  // namespace skerry
