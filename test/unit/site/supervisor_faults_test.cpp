#include "test/unit/site/supervised_site.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

using Site = SupervisedSite;

TEST_CASE("a life that ends before its start was reported is noticed and followed by another") {
  Site site;
  auto web = slotOf("web");
  site.process.exitsAtStart = 3;
  site.want({web});
  site.adopt();
  site.world.runFor(6);
  CHECK(site.run(web).failures == 1);
  site.process.exitsAtStart = -1;
  site.world.runFor(100);
  CHECK(site.state(web) == RunState::RUNNING);
  CHECK(site.run(web).restarts == 1);
}

TEST_CASE("what the runtime tells of an instance nobody wants ends in its removal") {
  Site site;
  site.serve({});
  auto stray = slotOf("stray");
  site.process.tell(site.process.place(stray.rendered, 2));
  CHECK(site.knows(stray));
  site.world.runFor(1'000);
  CHECK(site.process.there.empty());
  CHECK(!site.knows(stray));
  Observed late;
  late.id = stray.rendered.id;
  late.state = Observed::State::EXITED;
  late.incarnation = 2;
  site.process.tell(late);
  site.world.runFor(1'000);
  CHECK(!site.knows(stray));
}

TEST_CASE("a late word about an earlier life does not disturb the one that runs") {
  Site site;
  auto web = slotOf("web");
  site.serve({web});
  auto first = site.process.there.at(web.rendered.id);
  site.process.exits(web.rendered.id, 1);
  site.world.runFor(100);
  auto pid = site.process.pidOf(web.rendered.id);
  CHECK(pid != first.pid);
  first.state = Observed::State::EXITED;
  first.exitCode = 1;
  site.process.calls.clear();
  site.process.tell(first);
  site.world.runFor(10'000);
  CHECK(site.process.calls.empty());
  CHECK(site.run(web).failures == 1);
  CHECK(site.process.pidOf(web.rendered.id) == pid);
}

TEST_CASE("an end that is told twice counts once") {
  Site site;
  auto web = slotOf("web");
  site.serve({web});
  site.process.exits(web.rendered.id, 1);
  site.process.tell(site.process.there.at(web.rendered.id));
  CHECK(site.run(web).failures == 1);
}

TEST_CASE("a stop that the runtime does not carry out is tried again once a second, not at once") {
  Site site;
  auto web = slotOf("web");
  site.serve({web});
  site.process.away = true;
  site.process.stepMs = 0;
  site.process.calls.clear();
  site.want({});
  site.world.runFor(10'000);
  CHECK(site.process.calls.size() >= 9);
  CHECK(site.process.calls.size() <= 11);
  site.process.away = false;
  site.world.runFor(2'000);
  CHECK(site.process.there.empty());
}

TEST_CASE("a start that the runtime does not carry out is tried again and is no failure") {
  Site site;
  site.serve({});
  site.process.away = true;
  auto web = slotOf("web");
  site.want({web});
  site.world.runFor(20'000);
  CHECK(site.run(web).failures == 0);
  CHECK(site.process.calls.size() <= 22);
  site.process.away = false;
  site.world.runFor(2'000);
  CHECK(site.state(web) == RunState::RUNNING);
}

TEST_CASE("a driver that throws at once is a failed start, and the instance is not stuck") {
  Site site;
  site.process.throwsAtOnce = true;
  auto web = slotOf("web");
  site.serve({web});
  CHECK(site.run(web).failures >= 1);
  CHECK(site.run(web).reason.find("thrown at once") != std::string::npos);
  site.process.throwsAtOnce = false;
  site.world.runFor(5'000);
  CHECK(site.state(web) == RunState::RUNNING);
}

TEST_CASE("a life left in a runtime that was away is ended when the runtime is back") {
  Site site;
  auto box = slotOf("web", 1, RuntimeKind::CONTAINER), web = slotOf("web", 2);
  site.container.place(box.rendered, 3);
  site.container.away = true;
  site.records.kept[web.rendered.id].incarnation = 3;
  site.begin();
  site.serve({web});
  CHECK(site.state(web) == RunState::RUNNING);
  auto pid = site.process.pidOf(web.rendered.id);
  site.container.away = false;
  site.world.runFor(3'000);
  CHECK(site.container.there.empty());
  CHECK(site.process.pidOf(web.rendered.id) == pid);
  CHECK(site.run(web).failures == 0);
}

// A controller that finds such a history, with the engine away.
void movedAway(Site& site, const std::string& bootId) {
  auto box = slotOf("web", 1, RuntimeKind::CONTAINER);
  site.container.place(box.rendered, 3);
  site.container.away = true;
  auto& run = site.records.kept[box.rendered.id];
  run.incarnation = 3;
  run.livesIn = RuntimeKind::CONTAINER;
  run.bootId = bootId;
  site.begin();
}

TEST_CASE("a service that moved to the other runtime waits until the first says its life is over") {
  Site site;
  auto web = slotOf("web", 2);
  movedAway(site, site.machine.host().clock.bootId().cStr());
  site.serve({web});
  site.world.runFor(60'000);
  CHECK(site.process.there.empty());
  CHECK(site.state(web) == RunState::PENDING);
  auto reason = KJ_ASSERT_NONNULL(site.supervisor->find(web.rendered.id)).reason;
  CHECK(reason.find("waits until the container engine") != std::string::npos);
  // Nor does another controller start it, or forget about it while nobody wants it.
  site.begin();
  site.serve({});
  site.world.runFor(10'000);
  site.want({web});
  site.world.runFor(10'000);
  CHECK(site.process.there.empty());
  site.container.away = false;
  site.world.runFor(3'000);
  CHECK(site.container.there.empty());
  CHECK(site.state(web) == RunState::RUNNING);
}

TEST_CASE("no life survives its boot, so nobody waits for one of an earlier boot") {
  Site site;
  auto web = slotOf("web", 2);
  movedAway(site, "an earlier boot");
  site.container.there.clear();
  site.serve({web});
  CHECK(site.state(web) == RunState::RUNNING);
}

TEST_CASE("a start whose outcome nobody told is not followed by one in the other runtime") {
  Site site;
  auto box = slotOf("web", 1, RuntimeKind::CONTAINER);
  site.serve({});
  site.container.stepMs = 50;
  site.want({box});
  site.world.runFor(10);
  // It starts, and the answer is lost.
  site.container.away = true;
  site.container.place(box.rendered, 1);
  site.world.runFor(100);
  auto web = slotOf("web", 2);
  site.want({web});
  site.world.runFor(10'000);
  CHECK(site.process.there.empty());
  site.container.away = false;
  site.world.runFor(3'000);
  CHECK(site.container.there.empty());
  CHECK(site.state(web) == RunState::RUNNING);
}

TEST_CASE("what gave its room away says so to the next controller") {
  Site site;
  auto web = slotOf("web");
  site.serve({web});
  web.standing = Standing::PREEMPTED;
  web.yields = true;
  site.want({web});
  site.world.runFor(1'000);
  CHECK(site.process.there.empty());
  CHECK(site.records.kept.at(web.rendered.id).yielded);
  site.want({slotOf("web")});
  site.world.runFor(1'000);
  CHECK(!site.records.kept.at(web.rendered.id).yielded);
  CHECK(site.state(web) == RunState::RUNNING);
}

TEST_CASE("a service that changes its runtime while it starts leaves nothing behind") {
  Site site;
  site.serve({});
  site.process.stepMs = 50;
  site.want({slotOf("web")});
  site.world.runFor(10);
  auto box = slotOf("web", 2, RuntimeKind::CONTAINER);
  site.want({box});
  site.world.runFor(1'000);
  CHECK(site.process.there.empty());
  CHECK(site.container.there.size() == 1);
  CHECK(site.state(box) == RunState::RUNNING);
}

TEST_CASE("a start that a controller's death cut short is carried to its end by the next") {
  Site site;
  auto web = slotOf("web");
  site.process.place(web.rendered, 4, Observed::State::STARTING);
  site.serve({web});
  CHECK(site.count("start web 4") == 1);
  CHECK(site.state(web) == RunState::RUNNING);
}

TEST_CASE("what a refused start reveals is dealt with") {
  Site site;
  site.serve({});
  // Somebody started it behind our back.
  auto web = slotOf("web");
  site.process.place(slotOf("web", 9).rendered, 7);
  site.want({web});
  site.world.runFor(2'000);
  CHECK(site.state(web) == RunState::RUNNING);
  CHECK(site.process.there.at(web.rendered.id).digest == web.rendered.digest);
}

TEST_CASE("what is unwanted while it starts is stopped once it runs") {
  Site site;
  auto web = slotOf("web");
  site.serve({});
  site.process.stepMs = 50;
  site.want({web});
  site.world.runFor(10);
  site.want({});
  site.world.runFor(1'000);
  CHECK(site.process.there.empty());
  CHECK(!site.knows(web));
  CHECK(site.process.overlaps == 0);
}

TEST_CASE("a start that fails after the service changed is no failure of the new one") {
  Site site;
  site.serve({});
  site.process.stepMs = 50;
  site.process.refusal = "no such program";
  site.want({slotOf("web")});
  site.world.runFor(10);
  auto next = slotOf("web", 2);
  site.want({next});
  site.world.runFor(45);
  site.process.refusal.clear();
  site.world.runFor(200);
  CHECK(site.run(next).failures == 0);
  CHECK(site.state(next) == RunState::RUNNING);
}

TEST_CASE("whatever happens, no instance has two steps at once, and in the end all is as wanted") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Site site(seed);
    auto& chance = site.world.entropy();
    std::vector<std::string> names{"a", "b", "c", "d"};
    std::vector<Slot> wanted;
    site.serve({});
    for (int i = 0; i < 300; ++i) {
      auto what = chance.between(0, 9);
      if (what <= 3) {
        wanted.clear();
        for (auto& name : names) {
          if (chance.chance(30)) continue;
          auto kind = chance.chance(20) ? RuntimeKind::CONTAINER : RuntimeKind::PROCESS;
          wanted.push_back(slotOf(name, uint8_t(chance.between(1, 3)), kind));
        }
        site.want(wanted);
      } else if (what <= 6) {
        InstanceId id{"acme", "pos", names[chance.between(0, 3)], 0};
        auto& driver = chance.chance(50) ? site.process : site.container;
        if (driver.there.contains(id)) driver.exits(id, int(chance.between(0, 1)));
      } else if (what == 7) {
        site.process.away = chance.chance(30);
        site.container.away = chance.chance(30);
      } else if (what == 8 && chance.chance(20)) {
        site.begin();
        site.want(wanted);
        site.world.run(site.supervisor->adopt(), 10'000);
      } else {
        site.process.exitsAtStart = chance.chance(10) ? 1 : -1;
      }
      site.world.runFor(chance.between(0, 400));
    }
    site.process.away = site.container.away = false;
    site.process.exitsAtStart = -1;
    site.world.runFor(10 * BACKOFF_MAX_MS);
    CHECK(site.process.overlaps + site.container.overlaps == 0);
    CHECK(site.process.there.size() + site.container.there.size() == wanted.size());
    for (auto& slot : wanted) {
      CHECK(site.state(slot) == RunState::RUNNING);
      bool boxed = slot.rendered.kind == RuntimeKind::CONTAINER;
      auto& there = boxed ? site.container.there : site.process.there;
      CHECK(there.at(slot.rendered.id).digest == slot.rendered.digest);
    }
  }
}

}  // namespace
}  // namespace skerry
