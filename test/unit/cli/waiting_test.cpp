// `--wait` and `wait`: what is waited for, and how it ends.
#include "test/unit/cli/fake_machine.h"
#include "shared/cli/cli_limits.h"
#include "shared/cli/progress.h"
#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::test;

namespace {

struct Target {
  const char* site;
  bool online = true, current = true, healthy = true;
  const char* verdict = "accepted";
  const char* reason = "";
};

// A daemon whose application is as `look` says at its n-th look.
struct Waiting : Site {
  Waiting() {
    machine.files["pos.yaml"] =
        "kind: Application\nname: pos\ntenant: acme\nservices: {web: {image: i:1}}\n";
    admin.onApply = [](FakeAdmin::ApplyContext& context) {
      auto result = context.getResults().initResults(1)[0];
      result.setKind("application");
      result.setName("pos");
      result.setOutcome("changed");
      auto intent = context.getResults().initIntents(1)[0];
      intent.setTenant("acme");
      intent.setApp("pos");
      intent.setEra(1);
      intent.setSeq(7);
    };
    admin.onGet = [this](FakeAdmin::GetContext& context) {
      auto item = context.getResults().initItems(1)[0];
      item.setKind("application");
      item.setName("pos");
      item.setTenant("acme");
      auto status = item.initStatus().initApplication();
      status.setEra("1");
      status.setSeq("7");
      if (failedInstances > 0) {
        auto count = status.initCounts(1)[0];
        count.setState("failed");
        count.setCount(failedInstances);
      }
      auto targets = look(looks++);
      auto list = status.initTargets(targets.size());
      for (uint i = 0; i < list.size(); ++i) {
        list[i].setSite(targets[i].site);
        list[i].setOnline(targets[i].online);
        list[i].setCurrent(targets[i].current);
        list[i].setHealthy(targets[i].healthy);
        list[i].setVerdict(targets[i].verdict);
        list[i].setReason(targets[i].reason);
      }
    };
  }
  std::function<std::vector<Target>(int)> look;
  int looks = 0;
  int failedInstances = 0;
};

const Target HEALTHY{"oslo"};
const Target STARTING{"oslo", true, true, false};
const Target REFUSED_BEFORE{"oslo", true, false, false, "refused", "bad signature"};
const Target AWAY{"bergen", false, false, false, ""};

}  // namespace

TEST_CASE("apply --wait ends when every site that can be reached is healthy") {
  Waiting site;
  site.look = [](int n) { return std::vector<Target>{n < 5 ? STARTING : HEALTHY, AWAY}; };
  auto ran = site.run({"apply", "-f", "pos.yaml", "--wait"});
  CHECK(ran.code == 0);
  CHECK(site.looks == 6);
  CHECK(ran.out ==
        "application/pos changed\n"
        "application/pos: healthy at 1 of 2 sites\n"
        "  pending, offline: bergen\n");
  CHECK(ran.err == "");
}

TEST_CASE("sites that are offline are pending in the JSON") {
  Waiting site;
  site.look = [](int) { return std::vector<Target>{HEALTHY, AWAY}; };
  auto ran = site.run({"apply", "-f", "pos.yaml", "--wait=reachable", "-o", "json"});
  CHECK(ran.code == 0);
  CHECK(ran.out.find("\"pending\": [\n    \"bergen\"\n  ]") != std::string::npos);
  CHECK(ran.out.find("\"results\": [") == 4);
}

TEST_CASE("a site that drops while it is waited for becomes pending") {
  Waiting site;
  site.look = [](int n) {
    Target dropped = STARTING;
    dropped.online = n < 3;
    return std::vector<Target>{dropped};
  };
  CHECK(site.run({"apply", "-f", "pos.yaml", "--wait"}).code == 0);
  CHECK(site.looks == 4);
}

TEST_CASE("apply --wait=all ends with 8 when only offline sites are missing") {
  Waiting site;
  site.look = [](int) { return std::vector<Target>{HEALTHY, AWAY}; };
  auto ran = site.run({"apply", "-f", "pos.yaml", "--wait=all", "--timeout", "1m"});
  CHECK(ran.code == 8);
  CHECK(ran.err.find("only sites that are offline are missing: bergen") != std::string::npos);
  CHECK(site.machine.passedMs() >= 60'000);
}

TEST_CASE("apply --wait=all ends with 0 when the offline sites came back") {
  Waiting site;
  site.look = [](int n) {
    return std::vector<Target>{HEALTHY, n < 4 ? AWAY : Target{"bergen"}};
  };
  CHECK(site.run({"apply", "-f", "pos.yaml", "--wait=all"}).code == 0);
}

TEST_CASE("a site that can be reached and does not become healthy times out with 7") {
  Waiting site;
  site.look = [](int) { return std::vector<Target>{STARTING, AWAY}; };
  auto ran = site.run({"apply", "-f", "pos.yaml", "--wait=all", "--timeout", "30s"});
  CHECK(ran.code == 7);
  CHECK(ran.err.find("not yet healthy: oslo") != std::string::npos);
  CHECK(ran.err.find("try: skerry why pos -t acme --site oslo") != std::string::npos);
}

TEST_CASE("a refusal of the newest intent fails at once") {
  Waiting site;
  site.look = [](int) {
    return std::vector<Target>{{"oslo", true, true, false, "refused", "port 80 is taken"}};
  };
  auto ran = site.run({"apply", "-f", "pos.yaml", "--wait"});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("pos: oslo: port 80 is taken") != std::string::npos);
  CHECK(site.machine.passedMs() < 1000);
}

TEST_CASE("a refusal of an older intent does not fail the newer one") {
  Waiting site;
  site.look = [&](int n) { return std::vector<Target>{n < 3 ? REFUSED_BEFORE : HEALTHY}; };
  CHECK(site.run({"apply", "-f", "pos.yaml", "--wait"}).code == 0);
}

TEST_CASE("a refusal that stays fails the wait once it has settled") {
  Waiting site;
  site.look = [&](int) { return std::vector<Target>{REFUSED_BEFORE}; };
  CHECK(site.run({"apply", "-f", "pos.yaml", "--wait"}).code == 1);
  CHECK(site.machine.passedMs() >= REFUSAL_SETTLES_MS);
  CHECK(site.machine.passedMs() < 2 * REFUSAL_SETTLES_MS);
}

TEST_CASE("instances that failed for good fail the wait") {
  Waiting site;
  site.failedInstances = 1;
  site.look = [](int) { return std::vector<Target>{STARTING}; };
  auto ran = site.run({"apply", "-f", "pos.yaml", "--wait"});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("skerry get instances --app pos") != std::string::npos);
}

TEST_CASE("an application that matches no site is done") {
  Waiting site;
  site.look = [](int) { return std::vector<Target>{}; };
  CHECK(site.run({"apply", "-f", "pos.yaml", "--wait"}).code == 0);
}

TEST_CASE("what a tier says before it knows the intent does not count") {
  ProgressJudge judge;
  auto item = PlainValue::object();
  auto status = PlainValue::object();
  status.set("era", PlainValue::of("1"));
  status.set("seq", PlainValue::of("6"));
  status.set("targets", PlainValue::list());
  item.set("status", status);
  CHECK_FALSE(judge.judge({"acme", "pos", 1, 7}, item, 0).isDone(WaitFor::REACHABLE));
  CHECK(judge.judge({"acme", "pos", 1, 6}, item, 0).isDone(WaitFor::REACHABLE));
  CHECK(judge.judge({"acme", "pos", 0, 9}, item, 0).isDone(WaitFor::REACHABLE));
  CHECK_FALSE(judge.judge({"acme", "pos", 2, 1}, item, 0).isDone(WaitFor::REACHABLE));
}

TEST_CASE("wait for an application to be healthy ends like apply --wait") {
  Waiting site;
  site.look = [](int n) { return std::vector<Target>{n < 2 ? STARTING : HEALTHY}; };
  CHECK(site.run({"wait", "app", "pos", "--for", "healthy"}).code == 0);
  site.look = [](int) { return std::vector<Target>{STARTING}; };
  CHECK(site.run({"wait", "app/pos", "--for", "healthy", "--timeout", "5s"}).code == 7);
}

TEST_CASE("wait for a site to be online, and for a host that is not there yet") {
  Site site;
  int looks = 0;
  std::string kind;
  site.admin.onGet = [&](FakeAdmin::GetContext& context) {
    ++looks;
    if (kind == "host" && looks < 3) return;
    auto item = context.getResults().initItems(1)[0];
    auto status = item.initStatus();
    if (kind == "host") status.initHost().setOnline(true);
    else status.initSite().setOnline(looks > 3);
  };
  CHECK(site.run({"wait", "site", "oslo", "--for", "online"}).code == 0);
  CHECK(looks == 4);
  looks = 0;
  kind = "host";
  auto ran = site.run({"wait", "host", "oslo/h1", "--for", "online"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "host/oslo/h1 is online\n");
  CHECK(looks == 3);
}

TEST_CASE("wait for something that nobody declared is not found") {
  Site site;
  site.admin.onGet = [](FakeAdmin::GetContext&) {};
  CHECK(site.run({"wait", "site", "oslo", "--for", "online"}).code == 3);
  CHECK(site.run({"wait", "app", "pos", "--for", "healthy"}).code == 3);
  CHECK(site.run({"wait", "tenant", "acme", "--for", "online"}).code == 2);
  CHECK(site.machine.passedMs() == 0);
}

TEST_CASE("an application is gone when nothing of it runs any more") {
  Site site;
  int looks = 0;
  site.admin.onGet = [&](FakeAdmin::GetContext& context) {
    auto kind = context.getParams().getQuery().getKind();
    if (kind == "application" && ++looks > 2) return;
    if (kind == "instance" && looks > 5) return;
    context.getResults().initItems(1);
  };
  CHECK(site.run({"wait", "app", "pos", "--for", "gone"}).code == 0);
  CHECK(looks == 6);
  looks = -1'000'000;
  CHECK(site.run({"wait", "app", "pos", "--for", "gone", "--timeout", "10s"}).code == 7);
}

TEST_CASE("delete --wait ends when the object is gone") {
  Site site;
  int looks = 0;
  site.admin.onDelete = [](FakeAdmin::DeleteContext&) {};
  site.admin.onGet = [&](FakeAdmin::GetContext& context) {
    if (++looks < 4) context.getResults().initItems(1);
  };
  CHECK(site.run({"delete", "site", "oslo", "--yes", "--wait"}).code == 0);
  CHECK(looks == 4);
}

TEST_CASE("a daemon that stops answering does not hold up a wait beyond its time") {
  Waiting site;
  site.look = [](int) { return std::vector<Target>{STARTING}; };
  site.admin.onChanged = [](FakeAdmin::ChangedContext&) {
    return kj::Promise<void>(kj::NEVER_DONE);
  };
  CHECK(site.run({"apply", "-f", "pos.yaml", "--wait", "--timeout", "20s"}).code == 7);
  CHECK(site.machine.passedMs() == 20'000);
  CHECK(site.looks <= 20'000 / LOOK_AGAIN_MS_MAX + 2);
}

TEST_CASE("what central blocked is not waited for, and is a failure where nothing else is left") {
  Waiting site;
  site.look = [](int) {
    return std::vector<Target>{HEALTHY,
                               {"late", true, true, false, "blocked", "no quota: used up"}};
  };
  auto ran = site.run({"apply", "-f", "pos.yaml", "--wait=all"});
  CHECK(ran.code == 0);
  CHECK(ran.out.find("blocked: late: no quota: used up") != std::string::npos);
  site.look = [](int) {
    return std::vector<Target>{
        {"late", true, true, false, "blocked", "blocked by central: tenant"}};
  };
  ran = site.run({"apply", "-f", "pos.yaml", "--wait"});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("pos: blocked by central: tenant") != std::string::npos);
  CHECK(ran.err.find("skerry why pos -t acme --site late") != std::string::npos);
}
