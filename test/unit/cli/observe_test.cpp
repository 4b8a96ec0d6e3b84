// `top`, and how `logs` puts lines in order.
#include "test/unit/cli/fake_machine.h"
#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::test;

namespace {

constexpr uint64_t MIB = 1 << 20;

struct Measuring : Site {
  explicit Measuring(const char* tier = "central") {
    admin.onStatus = [tier](schema::TierStatus::Builder status) { status.setTier(tier); };
    admin.onUsage = [this](FakeAdmin::UsageContext& context) {
      ++calls;
      auto query = context.getParams().getQuery();
      asked = kj::str(query.getOf(), '|', query.getTenant(), '|', query.getApp(), '|',
                      query.getSite(), '|', query.getSelector()).cStr();
      auto results = context.getResults();
      auto row = results.initRows(1)[0];
      row.setSite("oslo");
      row.setTenant("acme");
      row.setApp("pos");
      row.setService("web");
      row.setSites(2);
      row.setInstances(3);
      row.setCpuMilli(1'250);
      row.setCpuTotalMilli(4'000);
      row.setMemoryBytes(300 * MIB + 77);
      row.setMemoryPeakBytes(1'024 * MIB);
      row.setMemoryTotalBytes(4'096 * MIB);
      row.setDiskBytes(30);
      row.setDiskTotalBytes(40);
      row.setUptimeS(7'200);
      results.setOmitted(omitted);
      auto names = results.initMissing(missing.size());
      for (uint i = 0; i < missing.size(); ++i) names.set(i, missing[i]);
    };
  }
  uint calls = 0, omitted = 0;
  std::vector<const char*> missing;
  std::string asked;
};

// Two instances whose lines come one instance after the other.
struct TwoLogs : Site {
  TwoLogs() {
    admin.onGet = [](FakeAdmin::GetContext& context) { context.getResults().initItems(2); };
    admin.onLogs = [this](FakeAdmin::LogsContext& context) -> kj::Promise<void> {
      asked = kj::str(context.getParams().getQuery().getUntilMs(), '|',
                      context.getParams().getQuery().getGrep()).cStr();
      auto request = context.getParams().getSink().writeRequest();
      auto list = request.initLines(4);
      for (uint i = 0; i < 4; ++i) {
        list[i].setSite(i < 2 ? "oslo" : "rome");
        list[i].setInstance("web.0");
        list[i].setAtMs(FakeMachine::NOW_MS + (i < 2 ? 10 * i : 10 * (i - 2) + 5));
        list[i].setText(kj::str("line ", i));
      }
      return request.send().then([this]() -> kj::Promise<void> {
        if (hangs) return kj::NEVER_DONE;
        return kj::READY_NOW;
      });
    };
  }
  bool hangs = false;
  std::string asked;
};

}  // namespace

TEST_CASE("top asks about sites above a site") {
  Measuring central;
  auto sites = central.run({"top"});
  CHECK(sites.code == 0);
  CHECK(central.asked == "sites||||");
  CHECK(sites.out == "SITE  CPU    OF  MEMORY  OF   DISK  INSTANCES  UP\n"
                     "oslo  1250m  4   300Mi   4Gi  75%   3          2h\n");
}

TEST_CASE("top asks about instances at a site") {
  Measuring site("site");
  CHECK(site.run({"top"}).out == "SITE  TENANT  APP  SERVICE  INSTANCE  CPU    MEMORY  PEAK\n"
                                 "oslo  acme    pos  web      0         1250m  300Mi   1Gi\n");
  CHECK(site.asked == "instances||||");
}

TEST_CASE("what narrows top is sent to the daemon") {
  Measuring site;
  auto ran = site.run({"-t", "acme", "top", "apps", "--site", "oslo", "--app", "pos", "-l",
                       "size = large"});
  CHECK(site.asked == "applications|acme|pos|oslo|size = large");
  CHECK(ran.out == "TENANT  APP  CPU    MEMORY  PEAK  SITES  INSTANCES\n"
                   "acme    pos  1250m  300Mi   1Gi   2      3\n");
  CHECK(site.run({"top", "inst"}).code == 0);
  CHECK(site.run({"top", "moons"}).code == 2);
  CHECK(site.run({"top", "-l", "a = "}).code == 2);
  CHECK(site.calls == 2);
}

TEST_CASE("top says how many it leaves out and who did not answer") {
  Measuring site;
  site.omitted = 12;
  site.missing = {"rome", "region south"};
  CHECK(site.run({"top", "sites"}).err == "and 12 more that use less\n"
                                          "no answer from rome, region south\n");
  auto json = site.run({"top", "apps", "-o", "json"});
  CHECK(json.err == "");
  CHECK(json.out.find("\"omitted\": 12") != json.out.npos);
  CHECK(json.out.find("\"region south\"") != json.out.npos);
  CHECK(json.out.find("\"cpuMilli\": 1250") != json.out.npos);
}

TEST_CASE("top is repeated when it is watched") {
  Measuring site;
  CHECK(site.run({"top", "sites", "-w", "--timeout", "35s"}).code == 7);
  CHECK(site.calls == 4);
}

TEST_CASE("lines of several instances are put in the order of their time") {
  TwoLogs site;
  CHECK(site.run({"logs", "pos"}).out == "oslo/web.0 line 0\nrome/web.0 line 2\n"
                                         "oslo/web.0 line 1\nrome/web.0 line 3\n");
  CHECK(site.run({"logs", "pos", "-f"}).out == "oslo/web.0 line 0\noslo/web.0 line 1\n"
                                               "rome/web.0 line 2\nrome/web.0 line 3\n");
}

TEST_CASE("lines that came before an answer was given up are printed") {
  TwoLogs site;
  site.hangs = true;
  auto ran = site.run({"logs", "pos"});
  CHECK(ran.code == 7);
  CHECK(ran.out.find("line 3") != ran.out.npos);
}

TEST_CASE("what lines must say and until when is sent, and refused when it means nothing") {
  TwoLogs site;
  site.run({"logs", "pos", "--grep", "err|warn", "--until", "15m"});
  CHECK(site.asked == "900000|err|warn");
  site.asked = "";
  CHECK(site.run({"logs", "pos", "--grep", "("}).code == 2);
  CHECK(site.run({"logs", "pos", "--grep", "a{3}"}).err.find("counts") != std::string::npos);
  CHECK(site.run({"logs", "pos", "--until", "soon"}).code == 2);
  CHECK(site.run({"logs", "pos", "--until", "1m", "-f"}).code == 2);
  CHECK(site.asked == "");
}
