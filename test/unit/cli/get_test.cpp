// `get`, `describe`: what objects look like in every form.
#include "test/unit/cli/fake_machine.h"
#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::test;

namespace {

void fillSites(FakeAdmin::GetContext& context) {
  auto results = context.getResults();
  results.setAsOfMs(FakeMachine::NOW_MS - 5000);
  auto items = results.initItems(2);
  auto fill = [&](uint i, const char* name, bool online) {
    items[i].setKind("site");
    items[i].setName(name);
    auto spec = items[i].initSpec().initSite();
    spec.setName(name);
    spec.setRegion("north");
    auto labels = spec.initLabels(1);
    labels[0].setName("size");
    labels[0].setValue("medium");
    auto status = items[i].initStatus().initSite();
    status.setOnline(online);
    status.setJoined(true);
    status.setRegion("north");
    status.setHosts(1);
    status.setInstances(2);
    status.setRunning(online ? 2 : 1);
    status.setVersion("0.1.0");
    if (!online) status.setOfflineSince(FakeMachine::ago(7'200'000).c_str());
    else status.setAuthorityAsOf(FakeMachine::ago(1'800'000).c_str());
  };
  fill(0, "bergen-0001", false);
  fill(1, "oslo-0012", true);
}

void fillInstance(FakeAdmin::GetContext& context) {
  auto results = context.getResults();
  results.setAsOfMs(FakeMachine::NOW_MS);
  auto item = results.initItems(1)[0];
  item.setKind("instance");
  item.setName("acme.pos.web.0");
  item.setTenant("acme");
  auto status = item.initStatus().initInstance();
  status.setSite("oslo-0012");
  status.setHost("h1");
  status.setApp("pos");
  status.setService("web");
  status.setState("running");
  status.setPid(4711);
  status.setRestarts(2);
  status.setSince(FakeMachine::ago(90'000).c_str());
  status.setRevision("0123456789ab");
}

void fillApplication(FakeAdmin::GetContext& context) {
  auto results = context.getResults();
  auto item = results.initItems(1)[0];
  item.setKind("application");
  item.setName("pos");
  item.setTenant("acme");
  auto spec = item.initSpec().initApplication();
  spec.setName("pos");
  spec.setTenant("acme");
  auto service = spec.initServices(1)[0];
  service.setName("web");
  service.setImage("i:1");
  service.initCommand(1).set(0, "$HOME");
  auto status = item.initStatus().initApplication();
  status.setRevision("0123456789ab");
  status.setSites(1);
  auto counts = status.initCounts(2);
  counts[0].setState("running");
  counts[0].setCount(3);
  counts[1].setState("backoff");
  counts[1].setCount(1);
  auto target = status.initTargets(1)[0];
  target.setSite("oslo-0012");
  target.setOnline(true);
  target.setHealthy(true);
}

}  // namespace

TEST_CASE("a table of sites says since when they are away and how old it is") {
  Site site;
  site.admin.onGet = fillSites;
  auto ran = site.run({"get", "sites"});
  CHECK(ran.code == 0);
  CHECK(ran.err == "");
  CHECK(ran.out ==
        "NAME         REGION  STATE       HOSTS  RUNNING  VERSION\n"
        "bergen-0001  north   offline 2h  1      1/2      0.1.0\n"
        "oslo-0012    north   online      1      2/2      0.1.0\n"
        "(as of 5s ago)\n");
  auto wide = site.run({"get", "sites", "-o", "wide"}).out;
  CHECK(wide.find("size=medium") != std::string::npos);
  CHECK(wide.find("CENTRAL'S WORD") != std::string::npos);
  CHECK(wide.find("0.1.0    30m") != std::string::npos);
  CHECK(site.run({"-o", "name", "get", "sites"}).out == "site/bergen-0001\nsite/oslo-0012\n");
}

TEST_CASE("a table of instances shows how they are") {
  Site site;
  site.admin.onGet = fillInstance;
  CHECK(site.run({"get", "inst"}).out ==
        "SITE       TENANT  APP  SERVICE  HOST  STATE    RESTARTS  SINCE\n"
        "oslo-0012  acme    pos  web      h1    running  2         1m30s\n"
        "(as of 0s ago)\n");
}

TEST_CASE("the JSON of an instance has every documented field") {
  Site site;
  site.admin.onGet = fillInstance;
  auto ran = site.run({"get", "instances", "-o", "json"});
  CHECK(ran.out == R"({
  "items": [
    {
      "kind": "Instance",
      "name": "acme.pos.web.0",
      "tenant": "acme",
      "spec": null,
      "status": {
        "site": "oslo-0012",
        "host": "h1",
        "app": "pos",
        "service": "web",
        "state": "running",
        "pid": 4711,
        "container": "",
        "restarts": 2,
        "since": "2023-11-14T22:11:50Z",
        "reason": "",
        "revision": "0123456789ab"
      }
    }
  ],
  "asOf": "2023-11-14T22:13:20Z"
}
)");
}

TEST_CASE("the JSON of a site says since when it is away, and null while it is not") {
  Site site;
  site.admin.onGet = fillSites;
  auto out = site.run({"get", "sites", "-o", "json"}).out;
  CHECK(out.find("\"offlineSince\": \"2023-11-14T20:13:20Z\"") != std::string::npos);
  CHECK(out.find("\"offlineSince\": null") != std::string::npos);
  CHECK(out.find("\"authorityAsOf\": \"2023-11-14T21:43:20Z\"") != std::string::npos);
  CHECK(out.find("\"authorityAsOf\": null") != std::string::npos);
  CHECK(out.find("\"labels\": {\n          \"size\": \"medium\"\n        }") != std::string::npos);
}

TEST_CASE("the status of an application counts its instances by state") {
  Site site;
  site.admin.onGet = fillApplication;
  auto out = site.run({"get", "app", "pos", "-o", "json"}).out;
  CHECK(out.find("\"counts\": {\n          \"running\": 3,\n          \"backoff\": 1\n        }") !=
        std::string::npos);
  CHECK(site.run({"get", "app/pos"}).out.find("3 running, 1 backoff") != std::string::npos);
}

TEST_CASE("the YAML of a declared object is a manifest that validate accepts") {
  Site site;
  site.admin.onGet = fillApplication;
  auto ran = site.run({"get", "app", "pos", "-o", "yaml"});
  CHECK(ran.out ==
        "kind: Application\nname: pos\ntenant: acme\nservices:\n  web:\n    image: i:1\n    "
        "command:\n"
        "      - \"$$HOME\"\n");
  site.machine.files["again.yaml"] = ran.out;
  CHECK(site.run({"validate", "-f", "again.yaml"}).code == 0);
  site.admin.onGet = fillInstance;
  CHECK(
      site.run({"get", "inst", "-o", "yaml"}).out.find("kind: Instance\nname: acme.pos.web.0\n") ==
      0);
}

TEST_CASE("what narrows a list is sent to the daemon") {
  Site site;
  std::string seen;
  site.admin.onGet = [&](FakeAdmin::GetContext& context) {
    auto query = context.getParams().getQuery();
    seen = kj::str(query.getKind(), ' ', query.getName(), ' ', query.getTenant(), ' ',
                   query.getSelector(), ' ', query.getRegion(), ' ', query.getSite(), ' ',
                   query.getHost(), ' ', query.getApp())
               .cStr();
    fillSites(context);
  };
  site.run({"-t", "acme", "get", "host", "h1", "-l", "a=b", "--region", "r", "--site", "s",
            "--host", "h", "--app", "a"});
  CHECK(seen == "host h1 acme a=b r s h a");
  site.run({"get", "host/s1/h1", "-A"});
  CHECK(seen == "host s1/h1      ");
}

TEST_CASE("a label expression that is none is refused before anybody is asked") {
  Site site;
  auto ran = site.run({"get", "sites", "-l", "size medium"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("-l: in column 6: found `medium`") != std::string::npos);
}

TEST_CASE("a list is sorted by any field, numbers as numbers") {
  Site site;
  site.admin.onGet = fillSites;
  CHECK(site.run({"get", "sites", "--sort", "running", "-o", "name"}).out ==
        "site/bergen-0001\nsite/oslo-0012\n");
  CHECK(site.run({"get", "sites", "--sort", "status.offlineSince", "-o", "name"}).out ==
        "site/oslo-0012\nsite/bergen-0001\n");
  auto ran = site.run({"get", "sites", "--sort", "colour"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("no site has a field `colour`") != std::string::npos);
}

TEST_CASE("an empty list is no error, a missing name is") {
  Site site;
  site.admin.onGet = [](FakeAdmin::GetContext& context) {
    context.getResults().setAsOfMs(FakeMachine::NOW_MS - 60'000);
  };
  auto ran = site.run({"get", "tokens"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "no tokens (as of 1m ago)\n");
  ran = site.run({"get", "site", "nowhere"});
  CHECK(ran.code == 3);
  CHECK(ran.err == "error: there is no site `nowhere`\n  try: skerry get sites\n");
  CHECK(site.run({"describe", "site/nowhere"}).code == 3);
}

TEST_CASE("a kind that is none names the nearest, and one that comes later says so") {
  Site site;
  auto ran = site.run({"get", "sits"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("did you mean `site`?") != std::string::npos);
  CHECK(site.run({"get", "rollouts"}).err.find("not supported yet") != std::string::npos);
  CHECK(site.run({"get", "site/a", "b"}).code == 2);
  CHECK(site.run({"get"}).code == 2);
}

TEST_CASE("watching shows a list again when it changed, and only then") {
  Site site;
  int looks = 0;
  site.admin.onGet = [&](FakeAdmin::GetContext& context) {
    if (++looks < 3) fillInstance(context);
    else fillSites(context);
  };
  site.admin.onChanged = [&](FakeAdmin::ChangedContext& context) -> kj::Promise<void> {
    if (looks == 4) return kj::Promise<void>(kj::NEVER_DONE);
    CHECK(context.getParams().getSince() == uint64_t(looks));
    context.getResults().setVersion(looks + 1);
    return kj::READY_NOW;
  };
  auto ran = site.run({"get", "inst", "-w", "-o", "name", "--timeout", "1m"});
  CHECK(ran.code == 7);
  CHECK(ran.out == "instance/acme.pos.web.0\n\ninstance/bergen-0001\ninstance/oslo-0012\n");
}

TEST_CASE("describe shows an object with what belongs to it") {
  Site site;
  std::string asked;
  site.admin.onGet = [&](FakeAdmin::GetContext& context) {
    auto query = context.getParams().getQuery();
    asked += kj::str(query.getKind(), '(', query.getApp(), ") ").cStr();
    if (query.getKind() == "application") fillApplication(context);
    else fillInstance(context);
  };
  auto ran = site.run({"describe", "app", "pos"});
  CHECK(ran.code == 0);
  CHECK(asked == "application() instance(pos) ");
  CHECK(ran.out.find("image: i:1") != std::string::npos);
  CHECK(ran.out.find("oslo-0012  acme") != std::string::npos);
  CHECK(site.run({"describe", "app/pos", "-o", "json"}).out.find("\"instances\": [") !=
        std::string::npos);
}

TEST_CASE("an ambiguous name lists the tenants that have it") {
  Site site;
  site.admin.onGet = [](FakeAdmin::GetContext& context) {
    auto items = context.getResults().initItems(2);
    items[0].setTenant("acme");
    items[1].setTenant("beta");
  };
  auto ran = site.run({"describe", "app", "pos"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("of tenants acme, beta; say which one with -t TENANT") != std::string::npos);
}

TEST_CASE("an instance that several sites have is told by its site") {
  Site site;
  std::string asked;
  site.admin.onGet = [&](FakeAdmin::GetContext& context) {
    asked = context.getParams().getQuery().getSite().cStr();
    auto items = context.getResults().initItems(asked.empty() ? 2 : 1);
    for (auto item : items) {
      item.setTenant("acme");
      item.initStatus().initInstance().setSite(asked.empty() ? "bergen" : asked.c_str());
    }
    if (asked.empty()) items[1].getStatus().getInstance().setSite("oslo");
  };
  auto ran = site.run({"describe", "inst", "pos.web.0"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("of sites bergen, oslo; say which one with --site SITE") != std::string::npos);
  CHECK(site.run({"describe", "inst", "pos.web.0", "--site", "oslo"}).code == 0);
  CHECK(asked == "oslo");
}

TEST_CASE("what a daemon says cannot act on the terminal") {
  Site site;
  site.admin.onGet = [](FakeAdmin::GetContext& context) {
    fillInstance(context);
    context.getResults().getItems()[0].getStatus().getInstance().setReason("\x1b[2J\nhello");
  };
  CHECK(site.run({"get", "inst"}).out.find("?[2J?hello") != std::string::npos);
}
