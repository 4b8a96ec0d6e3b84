// What happened, asked at the top of a fleet: order, gaps, no flood.
#include "test/sim/fleet/stage.h"
#include "test/sim/fleet/told.h"
#include <doctest/doctest.h>
#include <algorithm>

namespace skerry {
namespace {

constexpr uint64_t SEED = 31, DAY_MS = 86'400'000;

bool isInOrder(const std::vector<Event>& events) {
  return std::is_sorted(events.begin(), events.end(),
                        [](const Event& a, const Event& b) { return a.atMs < b.atMs; });
}

uint64_t lostOf(const std::vector<Event>& events) {
  uint64_t lost = 0;
  for (auto& event : events) {
    if (event.kind == EVENTS_LOST) lost += std::stoull(event.text);
  }
  return lost;
}

TEST_CASE("a site alone for a month tells what happened, in order, once, without a flood") {
  Stage stage(SEED);
  auto& fleet = stage.fleet;
  auto& site = stage.site();
  auto central = [&] { return fleet.central.tier()->admin(); };
  fleet.world.runFor(5'000);
  stage.cutOff(site);
  fleet.until("the site is alone", [&] { return !stage.isOnline(site.name()); });
  auto& chronicle = site.tier()->journal().chronicle;
  auto before = chronicle.ownNext();
  constexpr uint64_t DAYS = 30, A_DAY = 100;
  for (uint64_t day = 0; day < DAYS; ++day) {
    for (uint64_t n = 0; n < A_DAY; ++n) {
      Event event;
      event.kind = "test.happened";
      event.text = std::to_string(day * A_DAY + n) + std::string(100, '.');
      event.atMs = site.host.host().clock.wallMs() + int64_t(n);
      chronicle.record(std::move(event));
    }
    fleet.world.runFor(60'000);  // the days between two bursts bring nothing new
  }
  CHECK(ask(fleet, central(), site.name())->missing == std::vector<std::string>{site.name()});
  stage.join(site);
  fleet.until("the site is back", [&] { return stage.isOnline(site.name()); });
  fleet.until("all of it is told", [&] {
    auto mark = stage.region().tier()->journal().markOf(site.name());
    return fleet.world.run(kj::mv(mark), 5'000).mark + 1 == chronicle.ownNext();
  });
  auto told = ask(fleet, central(), site.name(), "test");
  CHECK(told->missing.empty());
  CHECK(isInOrder(told->events));
  auto all = ask(fleet, central(), site.name());
  uint64_t kept = told->events.size();
  // The region keeps so much of each site, the newest; what a site could not keep it says.
  CHECK(kept > 500);
  CHECK(kept + lostOf(all->events) <= DAYS * A_DAY);
  CHECK(chronicle.ownNext() >= before + DAYS * A_DAY);
  for (size_t i = 1; i < told->events.size(); ++i) {
    CHECK(std::stoull(told->events[i].text) == std::stoull(told->events[i - 1].text) + 1);
  }
  CHECK(std::stoull(told->events.back().text) == DAYS * A_DAY - 1);
}

TEST_CASE("with nothing happening a fleet tells nothing, and writes nothing about it") {
  Stage stage(SEED + 1);
  auto& fleet = stage.fleet;
  fleet.world.runFor(60'000);
  auto& site = stage.site();
  auto& region = stage.region();
  auto next = site.tier()->journal().chronicle.ownNext();
  auto regionNext = region.tier()->journal().ownNext();
  fleet.world.runFor(3'600'000);
  CHECK(site.tier()->journal().chronicle.ownNext() == next);
  CHECK(region.tier()->journal().ownNext() == regionNext);
}

TEST_CASE("what happens at sites is told through crashes, cuts and restarts, once and in order") {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    Stage stage(SEED + seed);
    auto& fleet = stage.fleet;
    auto& site = stage.site();
    std::vector<std::string> made;
    for (int n = 0; n < 30; ++n) {
      if (site.tier() != nullptr) {
        Event event;
        event.kind = "test.happened";
        event.text = std::to_string(n);
        site.tier()->journal().chronicle.record(std::move(event));
        fleet.world.runFor(2'500);  // durable
        made.push_back(std::to_string(n));
      }
      switch (n % 6) {
        case 1: stage.cutOff(site); break;
        case 2: stage.join(site); break;
        case 3: stage.restart(stage.region()); break;
        case 4: stage.restart(site); break;
        default: break;
      }
    }
    stage.join(site);
    auto told = [&] {
      std::vector<std::string> texts;
      auto heard = ask(fleet, fleet.central.tier()->admin(), site.name(), "test");
      for (auto& event : heard->events) {
        texts.push_back(event.text);
      }
      return texts;
    };
    fleet.until("all of it is told", [&] { return told() == made; });
  }
}

TEST_CASE("a site cannot tell of another, and a region not of another's sites") {
  Stage stage(SEED + 9);
  auto& fleet = stage.fleet;
  auto& site = stage.site();
  Event lie;
  lie.kind = "test.lie";
  lie.site = stage.other().name();
  lie.region = "elsewhere";
  lie.text = "of another";
  site.tier()->journal().chronicle.record(lie);
  stage.region().tier()->journal().record(lie);
  fleet.until("it is told", [&] {
    return !ask(fleet, fleet.central.tier()->admin(), site.name(), "test")->events.empty();
  });
  auto heard = ask(fleet, fleet.central.tier()->admin(), "", "test");
  for (auto& event : heard->events) {
    CHECK(event.region == site.region);
    CHECK(fleet.site(event.site).region == site.region);
  }
}

}  // namespace
}  // namespace skerry
