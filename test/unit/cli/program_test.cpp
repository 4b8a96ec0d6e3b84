// Command lines, the search for the socket, exit codes and the error object.
#include "test/unit/cli/fake_machine.h"
#include <doctest/doctest.h>
#include <cerrno>

using namespace skerry;
using namespace skerry::test;

namespace {

const char* CENTRAL = "/var/lib/skerry/central/admin.sock";
const char* SITE = "/var/lib/skerry/site/admin.sock";

void fillStatus(schema::TierStatus::Builder status) {
  status.setTier("site");
  status.setName("oslo-0012");
  status.setVersion("0.1.0");
  auto uplink = status.initUplink();
  uplink.setParent("north");
  uplink.setSince(FakeMachine::ago(11'520'000).c_str());
  uplink.setLastError("connection refused");
  status.setApplications(2);
  auto count = status.initInstances(1)[0];
  count.setState("running");
  count.setCount(3);
  auto finding = status.initFindings(1)[0];
  finding.setText("engine absent");
  finding.setNext("apt install podman");
  status.setAsOfMs(FakeMachine::NOW_MS);
}

}  // namespace

TEST_CASE("status is one screen, and says since when the tier is alone") {
  Site site;
  site.admin.onStatus = fillStatus;
  auto ran = site.run({"status"});
  CHECK(ran.code == 0);
  CHECK(ran.out ==
        "site          oslo-0012, version 0.1.0\n"
        "uplink        north, offline for 3h: connection refused\n"
        "applications  2\n"
        "instances     3 running\n"
        "attention     engine absent\n"
        "              try: apt install podman\n"
        "(as of 0s ago)\n");
  auto json = site.run({"status", "-o", "json"}).out;
  CHECK(json.find("\"tier\": \"site\"") != std::string::npos);
  CHECK(json.find("\"instances\": {\n    \"running\": 3\n  }") != std::string::npos);
  CHECK(json.find("\"asOf\": \"2023-11-14T22:13:20Z\"") != std::string::npos);
}

TEST_CASE("central's status counts regions and sites and has no uplink") {
  Site site;
  site.admin.onStatus = [](schema::TierStatus::Builder status) {
    status.setTier("central");
    status.setName("hq");
    status.initSites().setOffline(3);
    status.getSites().setPending(1);
  };
  auto out = site.run({"status"}).out;
  CHECK(out.find("sites         0 online, 3 offline, 1 not joined\n") != std::string::npos);
  CHECK(out.find("uplink") == std::string::npos);
  CHECK(site.run({"status", "-o", "json"}).out.find("uplink") == std::string::npos);
}

TEST_CASE("with one daemon on the machine its socket need not be named") {
  FakeMachine machine;
  machine.listen(SITE).onStatus = fillStatus;
  machine.files[SITE] = "";
  CHECK(machine.run({"status"}).code == 0);
}

TEST_CASE("with no daemon the way to start or to name one is shown") {
  FakeMachine machine;
  auto ran = machine.run({"status"});
  CHECK(ran.code == 5);
  CHECK(ran.err.find("no daemon runs here") != std::string::npos);
  CHECK(ran.err.find("--socket PATH") != std::string::npos);
}

TEST_CASE("with several daemons they are listed, and one has to be named") {
  FakeMachine machine;
  machine.listen(SITE).onStatus = fillStatus;
  machine.files[SITE] = "";
  machine.files[CENTRAL] = "";
  auto ran = machine.run({"status"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find(std::string(CENTRAL) + ", " + SITE) != std::string::npos);
  CHECK(machine.run({"--socket", SITE, "status"}).code == 0);
  machine.variables["SKERRY_SOCKET"] = SITE;
  CHECK(machine.run({"status"}).code == 0);
  CHECK(machine.run({"--socket", CENTRAL, "status"}).code == 5);
}

TEST_CASE("a socket that cannot be opened says why") {
  Site site;
  site.machine.failAt(CENTRAL, ECONNREFUSED);
  auto ran = site.run({"status"});
  CHECK(ran.code == 5);
  CHECK(ran.err.find("nobody answers at") != std::string::npos);
  site.machine.failAt(CENTRAL, EACCES);
  ran = site.run({"status"});
  CHECK(ran.code == 4);
  CHECK(ran.err.find("group skerry") != std::string::npos);
  site.machine.failAt(CENTRAL, ENOENT);
  CHECK(site.run({"status"}).code == 5);
}

TEST_CASE("a daemon that goes away in the middle is unreachable") {
  Site site;
  site.admin.onChanged = [&](FakeAdmin::ChangedContext&) -> kj::Promise<void> {
    site.machine.stopDaemons();
    return kj::Promise<void>(kj::NEVER_DONE);
  };
  auto ran = site.run({"get", "sites", "-w"});
  CHECK(ran.code == 5);
  CHECK(ran.err.find("the daemon went away") != std::string::npos);
}

TEST_CASE("a daemon that fails is a failure, with what it said") {
  Site site;
  site.admin.onGet = [](FakeAdmin::GetContext&) { KJ_FAIL_REQUIRE("the disk is full"); };
  auto ran = site.run({"get", "sites"});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("the disk is full") != std::string::npos);
}

TEST_CASE("an older daemon and a busy one are told from a broken one") {
  Site site;
  site.admin.onGet = [](FakeAdmin::GetContext&) {
    kj::throwFatalException(KJ_EXCEPTION(UNIMPLEMENTED, "no such method"));
  };
  auto ran = site.run({"get", "sites"});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("upgrade it") != std::string::npos);
  site.admin.onGet = [](FakeAdmin::GetContext&) {
    kj::throwFatalException(KJ_EXCEPTION(OVERLOADED, "too many questions"));
  };
  CHECK(site.run({"get", "sites"}).code == 5);
}

TEST_CASE("a daemon that does not answer is given thirty seconds, or what --timeout says") {
  Site site;
  site.admin.onLogs = [](FakeAdmin::LogsContext&) { return kj::Promise<void>(kj::NEVER_DONE); };
  site.admin.onGet = [](FakeAdmin::GetContext&) {};
  auto ran = site.run({"logs", "pos"});
  CHECK(ran.code == 7);
  CHECK(ran.err.find("no answer within 30s") != std::string::npos);
  CHECK(site.machine.passedMs() == 30'000);
  CHECK(site.run({"--timeout", "2m", "logs", "pos"}).code == 7);
  CHECK(site.machine.passedMs() == 150'000);
}

TEST_CASE("bad usage is 2 and points to the help") {
  Site site;
  for (auto arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"frobnicate"},
                                             {"get", "sites", "--frobnicate"},
                                             {"-o", "xml", "get", "sites"},
                                             {"--timeout", "soon", "status"},
                                             {"-t", "a", "-A", "status"},
                                             {"apply"},
                                             {"why", "pos"},
                                             {"token"},
                                             {"wait", "site", "s", "--for", "rain"},
                                             {"apply", "-l", "a=b", "-f", "x"}}) {
    auto ran = site.run(arguments);
    CAPTURE(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.err.find("error: ") == 0);
    CHECK(ran.out == "");
  }
}

TEST_CASE("a verb or an option that does not exist is named, with what was probably meant") {
  Site site;
  struct { std::vector<std::string> arguments; const char *says, *next; } tables[] = {
      {{"gett", "sites"}, "`skerry` has no verb `gett`; did you mean `get`?", "skerry --help"},
      {{"-o", "wide", "aply", "-f", "x"}, "did you mean `apply`?", "skerry --help"},
      {{"frobnicate"}, "the verbs are status, apply", "skerry --help"},
      {{"rollout", "status"}, "`rollout` is not supported yet", "skerry --help"},
      {{}, "`skerry` and what? a verb is missing", "skerry --help"},
      {{"token"}, "`skerry token` and what? a verb is missing; the verbs are create, list, revoke",
       "skerry token --help"},
      {{"token", "crate", "site", "x"},
       "`skerry token` has no verb `crate`; did you mean `create`?",
       "skerry token --help"},
      {{"apply", "-f", "x", "--prunne"}, "`skerry apply` has no option `--prunne`",
       "skerry apply --help"},
      {{"get", "sites", "--regoin=x"}, "no option `--regoin`; did you mean `--region`?",
       "skerry get --help"},
      {{"why", "pos", "x", "--site", "s"}, "`skerry why` has no use for `x`", "skerry why --help"},
      {{"get"}, "KIND is required", "skerry get --help"},
      {{"-o", "xml", "get", "sites"}, "no form `xml`; write table, wide, json, yaml or name", ""},
      {{"--timeout", "1y", "status"}, "`1y` is no duration; write it as 90s", ""}};
  for (auto& [arguments, says, next] : tables) {
    auto ran = site.run(arguments);
    CAPTURE(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.err.find(says) != std::string::npos);
    CHECK(ran.err.find(next) != std::string::npos);
  }
}

TEST_CASE("errors are one JSON object when JSON is asked for, also those of usage") {
  FakeMachine machine;
  auto ran = machine.run({"frobnicate", "-o", "json"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("{\n  \"error\": {\n    \"code\": 2,\n    \"reason\": \"unknown-verb\"") ==
        0);
  machine.files["a.yaml"] = "kind: Tenant\nname: A\nx: 1\n";
  ran = machine.run({"validate", "-f", "a.yaml", "-o", "json"});
  CHECK(ran.out == "");
  CHECK(ran.err == R"({
  "error": {
    "code": 2,
    "reason": "bad-value",
    "message": "`A` is not a name",
    "where": {
      "file": "a.yaml",
      "line": 2,
      "path": "name"
    },
    "hint": "write 1 to 63 of a-z, 0-9 and `-`, with a letter or digit at both ends",
    "next": ""
  },
  "errors": [
    {
      "code": 2,
      "reason": "bad-value",
      "message": "`A` is not a name",
      "where": {
        "file": "a.yaml",
        "line": 2,
        "path": "name"
      },
      "hint": "write 1 to 63 of a-z, 0-9 and `-`, with a letter or digit at both ends",
      "next": ""
    },
    {
      "code": 2,
      "reason": "unknown-key",
      "message": "there is no key `x` here",
      "where": {
        "file": "a.yaml",
        "line": 3,
        "path": "x"
      },
      "hint": "the keys here are name, quota",
      "next": ""
    }
  ]
}
)");
}

TEST_CASE("a refusal of the daemon ends with its code, its hint and its command") {
  Site site;
  site.admin.onGet = [](FakeAdmin::GetContext& context) {
    auto problem = context.getResults().initProblems(1)[0];
    problem.setCode(4);
    problem.setReason("not-here");
    problem.setMessage("applications are declared at central");
    problem.setHint("ask there");
    problem.setNext("skerry --context hq get apps");
  };
  auto ran = site.run({"get", "apps"});
  CHECK(ran.code == 4);
  CHECK(ran.err ==
        "error: applications are declared at central; ask there\n  try: skerry --context hq get "
        "apps\n");
}

TEST_CASE("help and version need no daemon") {
  FakeMachine machine;
  auto ran = machine.run({"--help"});
  CHECK(ran.code == 0);
  CHECK(ran.out.find("apply") != std::string::npos);
  ran = machine.run({"apply", "--help"});
  CHECK(ran.out.find("--wait") != std::string::npos);
  CHECK(machine.run({"token", "create", "--help"}).out.find("--ttl") != std::string::npos);
  CHECK(machine.run({"--version"}).out == "skerry " SKERRY_VERSION "\n");
  ran = machine.run({"version"});
  CHECK(ran.out == "skerry " SKERRY_VERSION "\n");
  CHECK(machine.run({"version", "-o", "json"}).out == "{\n  \"version\": \"" SKERRY_VERSION
                                                      "\"\n}\n");
}
