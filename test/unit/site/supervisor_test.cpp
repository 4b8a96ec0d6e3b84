#include "test/unit/site/supervised_site.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

using Site = SupervisedSite;
using Policy = RestartSpec::Policy;
using Calls = std::vector<std::string>;

TEST_CASE("what runs is adopted with its process before anything is started") {
  Site site;
  auto web = slotOf("web"), db = slotOf("db");
  auto found = site.process.place(web.rendered, 4);
  site.want({web, db});
  CHECK(site.process.calls.empty());
  site.adopt();
  site.world.runFor(100);
  CHECK(site.process.calls == Calls{"list", "start db 1"});
  CHECK(site.process.pidOf(web.rendered.id) == found.pid);
  CHECK(site.state(web) == RunState::RUNNING);
  CHECK(site.state(db) == RunState::RUNNING);
  CHECK(site.run(web).restarts == 0);
}

TEST_CASE("what runs without a limit that its host cannot set runs, and says so") {
  Site site;
  auto web = slotOf("web");
  site.process.place(web.rendered, 4);
  site.process.there.at(web.rendered.id).reason = "without its limits of memory";
  site.serve({web});
  auto view = KJ_ASSERT_NONNULL(site.supervisor->find(web.rendered.id));
  CHECK(view.state == RunState::RUNNING);
  CHECK(view.reason == "without its limits of memory");
}

TEST_CASE("nothing is wanted of a runtime before it was looked at, however often it changes") {
  Site site;
  site.container.away = true;
  auto web = slotOf("web"), box = slotOf("box", 1, RuntimeKind::CONTAINER);
  auto old = slotOf("old", 1, RuntimeKind::CONTAINER);
  site.container.place(old.rendered, 1);
  site.serve({web, box});
  CHECK(site.state(web) == RunState::RUNNING);
  site.want({box});
  site.want({web, box});
  site.world.runFor(10'000);
  for (auto& call : site.container.calls) CHECK(call == "list");
  CHECK(site.container.calls.size() >= 9);
  CHECK(site.container.calls.size() <= 12);
  auto view = KJ_ASSERT_NONNULL(site.supervisor->find(box.rendered.id));
  CHECK(view.state == RunState::PENDING);
  CHECK(view.reason.find("does not answer") != std::string::npos);
  site.container.away = false;
  site.world.runFor(3'000);
  CHECK(site.state(box) == RunState::RUNNING);
  CHECK(!site.container.there.contains(old.rendered.id));
  CHECK(site.run(box).failures == 0);
}

TEST_CASE("a runtime that is not there and not missed is looked for ever less often") {
  Site site;
  site.container.away = true;
  site.serve({slotOf("web")});
  site.world.runFor(60'000);
  CHECK(site.container.calls.size() >= 5);
  CHECK(site.container.calls.size() <= 9);
  site.container.away = false;
  site.world.runFor(RUNTIME_LOOK_MS_MAX);
  auto box = slotOf("box", 1, RuntimeKind::CONTAINER);
  site.want({slotOf("web"), box});
  site.world.runFor(1'000);
  CHECK(site.state(box) == RunState::RUNNING);
}

TEST_CASE("a runtime that hangs at the start keeps the other one waiting for seconds only") {
  Site site;
  site.container.hangs = true;
  auto web = slotOf("web"), box = slotOf("box", 1, RuntimeKind::CONTAINER);
  site.want({web, box});
  site.world.run(site.supervisor->adopt(), LOOK_PATIENCE_MS + 100);
  site.world.runFor(100);
  CHECK(site.state(web) == RunState::RUNNING);
  auto view = KJ_ASSERT_NONNULL(site.supervisor->find(box.rendered.id));
  CHECK(view.state == RunState::PENDING);
  CHECK(view.reason.find("does not answer") != std::string::npos);
  auto late = slotOf("late", 1, RuntimeKind::CONTAINER);
  site.want({web, box, late});
  CHECK(KJ_ASSERT_NONNULL(site.supervisor->find(late.rendered.id)).reason == view.reason);
  for (auto& call : site.container.calls) CHECK(call == "list");
}

TEST_CASE("a change replaces the services that differ, stop first, and no others") {
  Site site;
  auto web = slotOf("web"), db = slotOf("db");
  site.serve({web, db});
  auto dbPid = site.process.pidOf(db.rendered.id);
  site.process.calls.clear();
  auto next = slotOf("web", 2);
  // Nothing that leaves the rendered service alone touches what runs.
  auto sameDb = db;
  sameDb.revision = sha256(view("another revision"));
  site.want({next, sameDb});
  site.world.runFor(1'000);
  CHECK(site.process.calls == Calls{"stop web", "remove web", "start web 2"});
  CHECK(site.process.pidOf(db.rendered.id) == dbPid);
  CHECK(site.process.there.at(web.rendered.id).digest == next.rendered.digest);
  CHECK(site.run(next).restarts == 0);
}

TEST_CASE("what is wanted is told before it is done: what ran before does not pass for it") {
  Site site;
  auto web = slotOf("web", 1), db = slotOf("db", 1);
  site.serve({web, db});
  site.changes.clear();
  auto changed = slotOf("web", 2), added = slotOf("cache", 1);
  site.want({changed, db, added});
  CHECK(site.changes == std::vector<InstanceId>{added.rendered.id, web.rendered.id});
  site.changes.clear();
  site.want({changed, db, added});
  CHECK(site.changes.empty());
}

TEST_CASE("what is no longer wanted is stopped, removed and forgotten, with its history") {
  Site site;
  auto web = slotOf("web");
  site.serve({web});
  CHECK(site.records.kept.contains(web.rendered.id));
  site.want({});
  site.world.runFor(1'000);
  CHECK(site.process.there.empty());
  CHECK(!site.knows(web));
  CHECK(site.records.kept.empty());
  CHECK(site.changes.back() == web.rendered.id);
}

TEST_CASE("a service that keeps ending backs off into a crash loop and recovers from it") {
  Site site;
  auto web = slotOf("web");
  site.process.exitsAtStart = 3;
  site.serve({web});
  site.world.runFor(30'000);
  CHECK(site.state(web) == RunState::CRASH_LOOP);
  // 0, 250, 500 ... 16,000 ms apart: eight lives in half a minute.
  CHECK(site.run(web).failures == 8);
  CHECK(site.count("start web 8") == 1);
  CHECK(site.count("start web 9") == 0);
  site.process.exitsAtStart = -1;
  site.world.runFor(BACKOFF_MAX_MS);
  CHECK(site.state(web) == RunState::RUNNING);
  CHECK(site.run(web).restarts == 8);
  site.world.runFor(RESET_AFTER_MS);
  site.process.exits(web.rendered.id, 1);
  CHECK(site.run(web).failures == 1);
  site.world.runFor(100);
  CHECK(site.state(web) == RunState::RUNNING);
}

TEST_CASE("a crash loop goes on where it was when the controller is restarted in the middle") {
  Site site;
  auto web = slotOf("web");
  site.process.exitsAtStart = 3;
  site.serve({web});
  site.world.runFor(10'000);
  auto failures = site.run(web).failures;
  CHECK(failures > CRASH_LOOP_FAILURES);
  auto lives = site.process.there.at(web.rendered.id).incarnation;
  for (int restarts = 0; restarts < 3; ++restarts) {
    site.begin();
    site.serve({web});
    CHECK(site.run(web).failures == failures);
    CHECK(site.state(web) == RunState::CRASH_LOOP);
    CHECK(site.process.there.at(web.rendered.id).incarnation == lives);
  }
  site.world.runFor(backoffMs(failures));
  CHECK(site.process.there.at(web.rendered.id).incarnation == lives + 1);
}

TEST_CASE("a service that ended for good is not started again, whatever is told of it") {
  Site site;
  auto job = slotOf("job");
  job.restart.policy = Policy::NO;
  site.serve({job});
  site.process.exits(job.rendered.id, 0);
  site.process.tell(site.process.there.at(job.rendered.id));
  site.want({job});
  site.world.runFor(120'000);
  CHECK(site.count("start job 2") == 0);
  CHECK(site.state(job) == RunState::STOPPED);
  site.begin();
  site.serve({job});
  site.world.runFor(120'000);
  CHECK(site.count("start job 2") == 0);
  CHECK(site.state(job) == RunState::STOPPED);
  job.restart.policy = Policy::ALWAYS;
  site.want({job});
  site.world.runFor(1'000);
  CHECK(site.state(job) == RunState::RUNNING);
}

TEST_CASE("a service that moves to the other runtime ends in the one before it begins") {
  Site site;
  auto web = slotOf("web");
  site.serve({web});
  auto boxed = slotOf("web", 2, RuntimeKind::CONTAINER);
  site.want({boxed});
  site.world.runFor(8);
  CHECK(site.container.there.empty());
  site.world.runFor(100);
  CHECK(site.process.there.empty());
  CHECK(site.container.there.contains(web.rendered.id));
  CHECK(site.state(boxed) == RunState::RUNNING);
}

}  // namespace
}  // namespace skerry
