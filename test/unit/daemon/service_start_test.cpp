#include "shared/daemon/service_start.h"
#include "test/sim/sim_host.h"
#include "test/unit/doctor/subject.h"

namespace skerry::test {
namespace {

// A machine with systemd, which knows the service in this state.
struct Machine {
  SimWorld world{7};
  SimHost host{world, "oslo"};
  Subject subject = aSite();
  std::vector<std::string> asked;
  int startCode = 0;
  bool becomesReady = true;

  explicit Machine(const char* state) {
    host.powerOn();
    host.system().nodes["/run/systemd/system"] = {System::Node::Kind::FOLDER, 0755, true, true};
    subject.folder = subject.standardFolder();
    host.processes().install("sh", [state](Command, SimHost&) -> kj::Promise<Ended> {
      return Ended{0, 0, kj::str(state, "\n")};
    });
    host.processes().install("systemctl", [this](Command command, SimHost&) -> kj::Promise<Ended> {
      asked.push_back(kj::strArray(command.arguments, " ").cStr());
      if (becomesReady) {
        host.host().files.openFile(kj::Path("run.json"), kj::WriteMode::CREATE)->writeAll("{}");
      }
      return Ended{startCode, 0, kj::str("no such thing")};
    });
  }
  std::string start() { return world.run(startService(host.host(), subject), 60'000); }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a service that systemd knows is started now and at every boot") {
  Machine machine("disabled");
  auto said = machine.start();
  CHECK(machine.asked == std::vector<std::string>{"--no-block enable --now skerry-site.service"});
  CHECK(has(said, "started: skerry-site.service"));
}

TEST_CASE("a service that is not ready in time, or refused, is told with what to do") {
  {
    Machine slow("disabled");
    slow.becomesReady = false;
    CHECK(has(slow.start(), "next: systemctl status skerry-site.service"));
  }
  Machine refused("disabled");
  refused.startCode = 1;
  auto said = refused.start();
  CHECK(has(said, "no such thing"));
  CHECK(has(said, "next: systemctl enable --now skerry-site.service"));
}

TEST_CASE("what systemd does not know is started by hand") {
  Machine machine("not-found");
  CHECK(has(machine.start(), "skerry-site unit --data /var/lib/skerry/site > /etc/systemd"));
  machine.subject.folder = "/data/site";
  CHECK(machine.start() == "next: skerry-site serve --data /data/site");
  CHECK(machine.asked.empty());
  BootFacts none;
  machine.subject.folder = machine.subject.standardFolder();
  CHECK(howToStart(machine.subject, none) == "skerry-site serve --data /var/lib/skerry/site");
  none.hasSystemd = true;
  none.state = "enabled";
  CHECK(howToStart(machine.subject, none) == "systemctl enable --now skerry-site.service");
}

}  // namespace
}  // namespace skerry::test
