#include "shared/daemon/doctor_attention.h"
#include "shared/doctor/doctor_limits.h"
#include "shared/model/encoded.h"
#include "test/unit/doctor/subject.h"

namespace skerry::test {
namespace {

using State = schema::InstanceStatus::State;
using Verdict = schema::AppStatus::Verdict;

// What some sites report, and what their region says of them.
struct Sites {
  std::map<std::string, std::map<std::string, Bytes>> registers;

  void link(const std::string& site, bool isOnline, int64_t sinceMs) {
    capnp::MallocMessageBuilder message;
    auto status = message.initRoot<schema::LinkStatus>();
    status.setOnline(isOnline);
    status.setSinceMs(sinceMs);
    registers[site]["link"] = encode<schema::LinkStatus>(status);
  }
  void app(const std::string& site, Verdict verdict) {
    capnp::MallocMessageBuilder message;
    auto status = message.initRoot<schema::AppStatus>();
    status.setVerdict(verdict);
    status.setReason("not signed by central");
    registers[site]["app/acme/pos"] = encode<schema::AppStatus>(status);
  }
  void host(const std::string& site, const char* finding) {
    capnp::MallocMessageBuilder message;
    auto status = message.initRoot<schema::HostStatus>();
    status.setName("counter");
    status.initFindings(1).set(0, finding);
    registers[site]["host"] = encode<schema::HostStatus>(status);
  }
  void instance(const std::string& site, State state, int ordinal = 0) {
    capnp::MallocMessageBuilder message;
    auto status = message.initRoot<schema::InstanceStatus>();
    status.setTenant("acme");
    status.setApp("pos");
    status.setService("till");
    status.setState(state);
    status.setReason("exited with code 1");
    registers[site]["instance/acme/pos/till/" + std::to_string(ordinal)] =
        encode<schema::InstanceStatus>(status);
  }
  Findings judge() const {
    return attention([this](const RegisterVisitor& visit) {
      for (auto& [site, values] : registers) {
        for (auto& [key, value] : values) visit(site, key, value);
      }
    });
  }
};

TEST_CASE("a fleet in which all is well has one line that says so") {
  Sites sites;
  CHECK(sites.judge() == Findings{fine("attention", "nothing below needs attention")});
  sites.link("oslo", true, 1000);
  sites.app("oslo", Verdict::ACCEPTED);
  sites.instance("oslo", State::RUNNING);
  CHECK(sites.judge().size() == 1);
  checkFinding(sites.judge()[0], OK, "nothing");
}

TEST_CASE("a site that is offline is told with since when; one that never came is waited for") {
  Sites sites;
  sites.link("oslo", false, 1'700'000'000'123);
  sites.link("bergen", false, 0);
  auto findings = sites.judge();
  REQUIRE(findings.size() == 1);
  checkFinding(findings[0], WARNING, "site oslo is offline since 2023-11-14T22:13:20Z",
               "skerry-site doctor");
}

TEST_CASE("refused orders, findings of hosts and instances that cannot run each have a command") {
  Sites sites;
  sites.app("oslo", Verdict::REFUSED);
  sites.host("oslo", "clock is 9 years behind the region's");
  sites.instance("oslo", State::CRASH_LOOP);
  auto findings = sites.judge();
  REQUIRE(findings.size() == 3);
  checkFinding(findings[0], WARNING, "acme/pos: not signed by central",
               "skerry why pos -t acme --site oslo");
  checkFinding(findings[1], WARNING, "oslo/counter: clock is 9 years behind",
               "skerry get host oslo/counter");
  checkFinding(findings[2], WARNING, "crash-loop: exited with code 1",
               "skerry logs pos -t acme --site oslo --service till --tail 20");
}

TEST_CASE("instances that are about to run need no attention") {
  for (auto state : {State::PENDING, State::STARTING, State::RUNNING, State::BACKOFF,
                     State::STOPPED, State::UNKNOWN}) {
    Sites sites;
    sites.instance("oslo", state);
    checkFinding(sites.judge()[0], OK, "nothing");
  }
}

TEST_CASE("of very many lines the first are told, and how many more there are") {
  Sites sites;
  for (int i = 0; i < int(ATTENTION_LINES_MAX) + 7; ++i) sites.instance("oslo", State::FAILED, i);
  auto findings = sites.judge();
  REQUIRE(findings.size() == ATTENTION_LINES_MAX + 1);
  checkFinding(findings.back(), WARNING, "and 7 more", "skerry get instances");
}

TEST_CASE("a register that cannot be read does not hide the others") {
  Sites sites;
  sites.instance("oslo", State::FAILED);
  sites.registers["oslo"]["host"] = Bytes(3, 0xff);
  CHECK(sites.judge().size() == 1);
  checkFinding(sites.judge()[0], WARNING, "failed");
}

}  // namespace
}  // namespace skerry::test
