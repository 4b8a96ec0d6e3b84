// What of all that moves at a site is worth an event.
#include "tier_site/journal_watch.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

const InstanceId WEB{"acme", "pos", "web", 0};

struct Watched {
  JournalWatch watch;
  Run run;
  RunState state = RunState::PENDING;
  std::string reason;

  std::string see() {
    Supervisor::View view{state, nullptr, nullptr, &run, reason};
    return kinds(watch.instance(WEB, &view));
  }
  static std::string kinds(const JournalWatch::Events& events) {
    std::string all;
    for (auto& event : events) all += (all.empty() ? "" : " ") + event.kind;
    return all;
  }
  void lives() {
    run.started = ++run.incarnation;
    if (run.started > 1) ++run.restarts;
    state = RunState::RUNNING;
  }
  void ends(const char* how) {
    run.ended = run.started;
    run.reason = how;
    ++run.failures;
    state = run.failures >= CRASH_LOOP_FAILURES ? RunState::CRASH_LOOP : RunState::BACKOFF;
  }
};

TEST_CASE("a life's begin and end are told, also when both were seen at once") {
  Watched site;
  site.watch.live();
  CHECK(site.see() == "");
  site.lives();
  CHECK(site.see() == "instance.started");
  CHECK(site.see() == "");
  site.ends("exited with code 3");
  CHECK(site.see() == "instance.ended");
  site.lives();
  CHECK(site.see() == "instance.started");
  site.ends("ended by signal 9");
  site.lives();
  CHECK(site.see() == "instance.ended instance.started");
  CHECK(Watched::kinds(site.watch.instance(WEB, nullptr)) == "instance.removed");
}

TEST_CASE("what went on while a controller was away is not told as new") {
  Watched site;
  site.lives();
  CHECK(site.see() == "");
  site.watch.live();
  CHECK(site.see() == "");
  site.ends("exited with code 1");
  CHECK(site.see() == "instance.ended");
}

TEST_CASE("of a crash loop its begin and its end are told, not each life") {
  Watched site;
  site.watch.live();
  site.see();
  std::string told;
  for (int life = 0; life < 50; ++life) {
    site.lives();
    told += site.see() + " ";
    site.ends("exited with code 3");
    told += site.see() + " ";
  }
  CHECK(told.find("instance.crash-loop") != told.npos);
  CHECK(told.find("instance.crash-loop") == told.rfind("instance.crash-loop"));
  CHECK(told.substr(told.find("crash-loop")).find("instance.started") == told.npos);
  site.lives();
  CHECK(site.see() == "");
  Supervisor::View view{site.state, nullptr, nullptr, &site.run, ""};
  site.run.startedMs = 1'000;
  CHECK(site.watch.recovered(WEB, view, 1'000 + RESET_AFTER_MS - 1).empty());
  CHECK(Watched::kinds(site.watch.recovered(WEB, view, 1'000 + RESET_AFTER_MS)) ==
        "instance.recovered");
  CHECK(site.watch.recovered(WEB, view, 2 * RESET_AFTER_MS).empty());
}

TEST_CASE("why an instance waits is told once, and that it is given up") {
  Watched site;
  site.watch.live();
  site.reason = "no room: 64Mi of memory are missing";
  CHECK(site.see() == "instance.waiting");
  CHECK(site.see() == "");
  site.reason = "";
  site.lives();
  CHECK(site.see() == "instance.started");
  site.ends("exited with code 3");
  site.state = RunState::FAILED;
  CHECK(site.see() == "instance.ended instance.failed");
}

TEST_CASE("orders, findings, the disk, the link and the clock are told when they change") {
  JournalWatch watch;
  auto kinds = [](const JournalWatch::Events& events) { return Watched::kinds(events); };
  CHECK(kinds(watch.orders("acme", "pos", "accepted", "ab", "")) == "");  // known before
  watch.live();
  CHECK(kinds(watch.orders("acme", "pos", "accepted", "ab", "")) == "");
  CHECK(kinds(watch.orders("acme", "pos", "waiting", "ab", "a blob")) == "");
  CHECK(kinds(watch.orders("acme", "pos", "refused", "ab", "bad")) == "orders.refused");
  CHECK(kinds(watch.orders("acme", "pos", "accepted", "cd", "")) == "orders.accepted");
  CHECK(kinds(watch.orders("acme", "pos", "", "", "")) == "orders.withdrawn");
  CHECK(kinds(watch.orders("acme", "pos", "", "", "")) == "");

  CHECK(kinds(watch.findings({{"clock", "5 m behind"}})) == "finding.raised");
  CHECK(kinds(watch.findings({{"clock", "6 m behind"}})) == "");
  CHECK(kinds(watch.findings({})) == "finding.cleared");

  CHECK(kinds(watch.disk("")) == "");
  CHECK(kinds(watch.disk("full")) == "disk.failed");
  CHECK(kinds(watch.disk("full still")) == "");
  CHECK(kinds(watch.disk("")) == "disk.recovered");

  CHECK(kinds(watch.link(true, "region north", 5'000)) == "link.up");
  CHECK(kinds(watch.link(true, "region north", 0)) == "");
  CHECK(kinds(watch.link(false, "region north", 0)) == "link.down");

  CHECK(kinds(watch.clock(1'000'000, 500)) == "");
  CHECK(kinds(watch.clock(1'060'000, 60'500)) == "");
  CHECK(kinds(watch.clock(1'060'000 + CLOCK_JUMP_MS, 60'500)) == "clock.jumped");
  CHECK(kinds(watch.clock(1'060'000, 60'500)) == "clock.jumped");
}

TEST_CASE("the end of what was decided for a time says what it was, by whom and why") {
  LocalEntry entry;
  entry.key = LocalKey::pause("app/acme/pos", Gen(), "web");
  entry.kind = LocalKind::PAUSE;
  entry.author = "kim";
  entry.reason = "smoke";
  entry.expires.durationMs = 3'600'000;
  auto event = endOf(entry).value();
  CHECK(event.kind == "pause.ended");
  CHECK(event.tenant + "/" + event.app + " " + event.service == "acme/pos web");
  CHECK(event.text == "by kim: smoke; its time of 1h is over");
  entry.key.path = "services.web.environment.PRINTER";
  entry.kind = LocalKind::OVERRIDE;
  event = endOf(entry).value();
  CHECK(event.kind == "override.ended");
  CHECK(event.service == "");
  CHECK(event.text.starts_with("services.web.environment.PRINTER by kim"));
  entry.key = LocalKey::label("site/oslo", Gen(), "size", "");
  entry.kind = LocalKind::LABEL;
  event = endOf(entry).value();
  CHECK(event.tenant + event.app + event.service == "");
  CHECK(event.text.starts_with("size by kim"));
  entry.kind = LocalKind::CLAIM;
  CHECK_FALSE(endOf(entry));
}

}  // namespace
}  // namespace skerry
