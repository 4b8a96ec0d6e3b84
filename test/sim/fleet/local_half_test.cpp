// What people on site decided, in the site's own half of its document, and what came of it.
#include "test/sim/fleet/stage.h"
#include "test/sim/fleet/told.h"
#include "shared/replica/document_store.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

struct OnSite : Stage {
  using Stage::Stage;

  SiteCore& core() { return KJ_ASSERT_NONNULL(site().tier()->current()); }
  const Acted& acted() { return *core().assignments->apps().at({"acme", "pos"}).acted; }
  Gen gen() { return Gen::from(view(acted().gen)); }

  void keep(const LocalResult& result) {
    REQUIRE_MESSAGE(result.done(), result.text);
    addRows(core().writer->rows(), core().document->ids().name, result.rows);
    fleet.world.runFor(100);
  }
  void write(const LocalKey& key, LocalKind kind, Bytes value = {}, uint64_t forMs = 0) {
    auto& clock = site().host.host().clock;
    LocalDraft draft;
    draft.expires = {clock.bootId().cStr(), forMs};
    draft.key = key;
    draft.kind = kind;
    draft.value = std::move(value);
    draft.author = "kim";
    draft.reason = "smoke";
    keep(core().document->write(draft, clock.wallMs(), 17));
  }
  void clear(const LocalKey& key) { keep(core().document->remove(key)); }
  // State and reason, as central shows them.
  std::string shown(const std::string& instance) {
    auto items = fleet.get("instance");
    for (auto item : items.list()) {
      auto view = item.getStatus().getInstance();
      if (view.getSite() == site().name().c_str() && item.getName() == instance.c_str()) {
        return std::string(view.getState().cStr()) + ": " + view.getReason().cStr();
      }
    }
    return "";
  }
};

const std::string POS = localObject({"acme", "pos"});

TEST_CASE("a hold on site outlives newer revisions and restarts; cleared, the newest runs") {
  OnSite stage(31);
  auto before = pids(stage.site());
  auto hold = LocalKey::hold(POS, stage.gen());
  stage.write(hold, LocalKind::HOLD, copy(stage.acted().revision.view()));
  stage.apply("2");
  stage.untilRuns(stage.other(), "2");
  stage.apply("3");
  stage.untilRuns(stage.other(), "3");
  stage.fleet.world.runFor(MINUTE_MS);
  stage.restart(stage.site());
  stage.fleet.world.runFor(MINUTE_MS);
  CHECK(pids(stage.site()) == before);
  CHECK(Stage::runs(stage.site(), "1"));
  stage.clear(hold);
  stage.restart(stage.site());
  stage.untilRuns(stage.site(), "3");
}

TEST_CASE("a hold for a time ends by itself, alone and after a restart too, and that is told") {
  OnSite stage(35);
  auto hold = LocalKey::hold(POS, stage.gen());
  auto forMs = 20 * MINUTE_MS;
  stage.write(hold, LocalKind::HOLD, copy(stage.acted().revision.view()), forMs);
  stage.apply("2");
  stage.untilRuns(stage.other(), "2");
  stage.fleet.world.runFor(10 * MINUTE_MS);
  stage.cutOff(stage.site());
  stage.restart(stage.site());
  stage.fleet.world.runFor(7 * MINUTE_MS);
  CHECK(Stage::runs(stage.site(), "1"));
  stage.untilRuns(stage.site(), "2", 5 * MINUTE_MS);
  stage.join(stage.site());
  stage.fleet.until("it is told above", [&]() {
    auto& fleet = stage.fleet;
    auto told = ask(fleet, fleet.central.tier()->admin(), stage.site().name(), "hold");
    return told->events.size() == 1 && told->events[0].app == "pos" &&
           told->events[0].text == "by kim: smoke; its time of 20m is over";
  }, 5 * MINUTE_MS);
}

TEST_CASE("a pause on site stops that service and says so above, until it is cleared") {
  OnSite stage(32);
  auto before = pids(stage.site());
  auto pause = LocalKey::pause(POS, stage.gen(), "web");
  stage.write(pause, LocalKind::PAUSE);
  stage.restart(stage.site());
  stage.fleet.until("it is stopped and said so", [&]() {
    return pids(stage.site()) == std::map<std::string, int>{{AGENT, before[AGENT]}} &&
           stage.shown("pos.web.0") == "stopped: paused by kim: smoke";
  }, SOON_MS);
  // A newer revision does not end the pause.
  stage.apply("2");
  stage.untilRuns(stage.other(), "2");
  stage.fleet.world.runFor(MINUTE_MS);
  CHECK(pids(stage.site()).count(WEB) == 0);
  stage.clear(pause);
  stage.restart(stage.site());
  stage.untilRuns(stage.site(), "2");
}

TEST_CASE("a restart asked for on site replaces that service once") {
  OnSite stage(33);
  auto before = pids(stage.site());
  stage.write(LocalKey::restart(POS, stage.gen(), "agent"), LocalKind::RESTART_NONCE, Bytes(8, 1));
  stage.restart(stage.site());
  stage.fleet.until("it is replaced", [&]() {
    return Stage::runs(stage.site(), "1") && pids(stage.site())[AGENT] != before[AGENT];
  }, SOON_MS);
  auto after = pids(stage.site());
  CHECK(after[WEB] == before[WEB]);
  stage.restart(stage.site());
  stage.fleet.world.runFor(MINUTE_MS);
  CHECK(pids(stage.site()) == after);
}

std::string limited(const std::string& name, const std::string& cpus, int priority) {
  return "---\nkind: Application\nname: " + name + "\ntenant: acme\npriority: " +
         std::to_string(priority) + "\nplacement: { sites: 'number = 0' }\nservices:\n  s:\n"
         "    command: [\"/bin/steady\"]\n    x-skerry: { kind: process }\n"
         "    deploy: { resources: { limits: { cpus: \"" + cpus + "\" } } }\n";
}

TEST_CASE("what has no room waits and says what it lacks; one of higher priority gets the room") {
  OnSite stage(34);
  auto& site = stage.site();
  site.host.host().capacity = {2'000, 0};
  auto runs = [&](const std::string& app) {
    return running(site).count("acme." + app + ".s.0") > 0;
  };
  auto untilRuns = [&](const std::string& app) {
    stage.fleet.until("it runs", [&]() { return runs(app); }, SOON_MS);
  };
  stage.fleet.must(stage.fleet.console.apply(limited("first", "1.5", 0)));
  untilRuns("first");
  auto first = pids(site)["acme.first.s.0"];
  stage.fleet.must(stage.fleet.console.apply(limited("second", "1", 0)));
  stage.fleet.until("it says why it waits", [&]() {
    return stage.shown("second.s.0") == "pending: no room on this host: cpus 1 (500m free)";
  }, SOON_MS);
  // However often the controller looks, also after a power cut: what ran runs.
  site.host.powerOff();
  stage.fleet.world.runFor(MINUTE_MS);
  site.powerOn();
  untilRuns("first");
  stage.fleet.world.runFor(MINUTE_MS);
  CHECK(!runs("second"));
  CHECK(pids(site)["acme.first.s.0"] != first);
  stage.fleet.must(stage.fleet.console.apply(limited("urgent", "1", 5)));
  untilRuns("urgent");
  stage.fleet.until("the lower one gave way", [&]() { return !runs("first"); }, SOON_MS);
  // Beside it there is room for the one that waited; and a restart changes nothing.
  untilRuns("second");
  stage.restart(site);
  stage.fleet.world.runFor(MINUTE_MS);
  CHECK(runs("urgent"));
  CHECK(runs("second"));
  CHECK(!runs("first"));
  stage.fleet.must(stage.fleet.console.remove("application", "acme", "second"));
  stage.fleet.must(stage.fleet.console.remove("application", "acme", "urgent"));
  untilRuns("first");
}

}  // namespace
}  // namespace skerry
