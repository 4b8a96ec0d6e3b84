#include "tier_site/doctor.h"
#include "test/sim/sim_host.h"
#include "test/unit/doctor/subject.h"
#include "tier_site/doctor_host.h"

namespace skerry::test {
namespace {

using Layout = GroupFacts::Layout;
constexpr System::Node FOLDER{System::Node::Kind::FOLDER, 0755, true, true};

System::Space ofType(std::string type) {
  System::Space space;
  space.type = std::move(type);
  return space;
}

TEST_CASE("control groups are told apart by what is mounted where") {
  SimSystem system;
  CHECK(lookAtGroups(system).layout == Layout::NONE);
  system.spaces["/sys/fs/cgroup"] = ofType("tmpfs");
  system.nodes["/sys/fs/cgroup/freezer"] = FOLDER;
  system.nodes["/sys/fs/cgroup/memory"] = FOLDER;
  auto facts = lookAtGroups(system);
  CHECK(facts.layout == Layout::V1);
  CHECK(facts.missing == std::vector<std::string>{"cpu", "pids"});
  system.spaces["/sys/fs/cgroup/unified"] = ofType("cgroup2");
  system.nodes["/sys/fs/cgroup/unified"] = FOLDER;
  system.nodes["/sys/fs/cgroup/memory"].mayWrite = false;
  facts = lookAtGroups(system);
  CHECK(facts.layout == Layout::HYBRID);
  CHECK(facts.closed == std::vector<std::string>{"/sys/fs/cgroup/memory"});
  system.spaces["/sys/fs/cgroup"] = ofType("cgroup2");
  system.nodes["/sys/fs/cgroup"] = FOLDER;
  system.files["/sys/fs/cgroup/cgroup.controllers"] = "cpuset cpu io pids\n";
  facts = lookAtGroups(system);
  CHECK(facts.layout == Layout::V2);
  CHECK(facts.missing == std::vector<std::string>{"memory"});
  CHECK(facts.closed.empty());
}

TEST_CASE("limits that would not hold are a warning with the way to switch them on") {
  GroupFacts facts;
  checkFinding(judgeGroups(aSite(), facts), WARNING, "no control groups", "mount -t cgroup2");
  facts.layout = Layout::V2;
  checkFinding(judgeGroups(aSite(), facts), OK, "limits of memory, cpu and pids hold");
  facts.missing = {"memory"};
  checkFinding(judgeGroups(aSite(), facts), WARNING, "without memory", "/etc/default/grub");
  facts.hasFirmwareFolder = true;
  checkFinding(judgeGroups(aSite(), facts), WARNING, "without memory",
               "/boot/firmware/cmdline.txt");
  facts.missing = {"pids"};
  checkFinding(judgeGroups(aSite(), facts), WARNING, "without pids", "cat /proc/cgroups");
  facts.closed = {"/sys/fs/cgroup"};
  checkFinding(judgeGroups(aSite(), facts), WARNING, "may not make control groups", "sudo");
}

TEST_CASE("without its keeper a site starts no process service") {
  System::Node node{System::Node::Kind::FILE, 0755, true, true};
  checkFinding(judgeKeeper("/opt/skerry-keeper", node), OK, "/opt/skerry-keeper");
  node.mayExecute = false;
  checkFinding(judgeKeeper("/opt/skerry-keeper", node), PROBLEM, "cannot be executed",
               "chmod 0755 /opt/skerry-keeper");
  checkFinding(judgeKeeper("/opt/skerry-keeper", nullptr), PROBLEM, "is missing", "install");
}

TEST_CASE("root is told by the effective user") {
  CHECK(isRoot("Name:\tx\nUid:\t1000\t0\t0\t0\n"));
  CHECK(!isRoot("Name:\tx\nUid:\t0\t1000\t0\t0\n"));
  CHECK(!isRoot(""));
  checkFinding(judgeRights(aSite(), true), OK, "may give");
  checkFinding(judgeRights(aSite(), false), WARNING, "not root", "sudo");
}

EngineFacts engine(std::string socket = "/run/podman/podman.sock") {
  EngineFacts facts;
  facts.socket = std::move(socket);
  facts.isThere = facts.answers = facts.hasPodman = facts.hasSystemd = true;
  facts.version = {"Podman Engine", "4.3.1", "1.41"};
  facts.runtime = "runc";
  return facts;
}

TEST_CASE("an engine is absent, closed, silent, too old or well") {
  auto facts = engine();
  checkFinding(judgeEngine(aSite(), facts), OK, "Podman Engine 4.3.1 at /run/podman/podman.sock, "
               "API 1.41, runtime runc");
  facts.version.api = "1.39";
  checkFinding(judgeEngine(aSite(), facts), WARNING, "too old", "upgrade");
  facts.answers = false;
  facts.trouble = "the container engine at /run/podman/podman.sock does not answer";
  checkFinding(judgeEngine(aSite(), facts), WARNING, "does not answer", "systemctl");
  facts.mayOpen = false;
  checkFinding(judgeEngine(aSite(), facts), WARNING, "may not open", "sudo");
  facts.isThere = false;
  checkFinding(judgeEngine(aSite(), facts), WARNING, "process services run without it",
               "systemctl enable --now podman.socket");
}

TEST_CASE("what begins an engine fits the machine it is missing on") {
  auto facts = engine();
  facts.answers = facts.isThere = false;
  CHECK(judgeEngine(aSite(), facts).next == "systemctl enable --now podman.socket");
  facts.hasPodman = false;
  CHECK(judgeEngine(aSite(), facts).next ==
        "apt-get install podman && systemctl enable --now podman.socket");
  facts.hasPodman = true;
  facts.hasSystemd = false;
  CHECK(judgeEngine(aSite(), facts).next ==
        "mkdir -p /run/podman && podman system service --time=0 unix:///run/podman/podman.sock");
  facts.hasSystemd = true;
  facts.socket = "/run/docker.sock";
  CHECK(judgeEngine(aSite(), facts).next == "systemctl enable --now docker");
}

TEST_CASE("whether the engine is back after a power cut is judged only where it can be") {
  auto facts = engine();
  BootFacts unit;
  unit.unit = unitOfEngine(facts);
  CHECK(unit.unit == "podman.socket");
  unit.state = "enabled";
  checkFinding(judgeEngineBoot(facts, unit), OK, "podman.socket");
  unit.state = "disabled";
  checkFinding(judgeEngineBoot(facts, unit), WARNING, "is disabled", "systemctl enable");
  unit.state = "";
  checkFinding(judgeEngineBoot(facts, unit), WARNING, "is not there", "systemctl enable");
  CHECK(unitOfEngine(engine("/run/docker.sock")) == "docker.service");
  auto own = engine("/srv/engine.sock");
  unit.unit = unitOfEngine(own);
  checkFinding(judgeEngineBoot(own, unit), WARNING, "not known", "unix:///srv/engine.sock");
  facts.hasSystemd = false;
  checkFinding(judgeEngineBoot(facts, unit), WARNING, "systemd does not run here");
}

TEST_CASE("an image that is not here is named, and not guessed about while the engine is silent") {
  auto facts = engine();
  auto all = judgeImages(facts, {"pos:1", "web:2"}, {});
  REQUIRE(all.size() == 1);
  checkFinding(all[0], OK, "all are here");
  auto one = judgeImages(facts, {"pos:1", "web:2"}, {"web:2"});
  REQUIRE(one.size() == 1);
  checkFinding(one[0], WARNING, "image web:2 is not on this machine", "podman pull web:2");
  checkFinding(judgeImages(facts, {}, {})[0], OK, "no application here needs one");
  facts.answers = false;
  checkFinding(judgeImages(facts, {"pos:1"}, {})[0], WARNING, "not known", "systemctl");
}

TEST_CASE("the engine's own client is the one that is here, with the socket where it needs it") {
  CHECK(clientOf(engine()) == "podman");
  CHECK(clientOf(engine("/srv/engine.sock")) == "podman --url unix:///srv/engine.sock");
  auto docker = engine("/srv/engine.sock");
  docker.version.name = "Engine";
  CHECK(clientOf(docker) == "docker --host unix:///srv/engine.sock");
  docker.socket = "/run/docker.sock";
  CHECK(clientOf(docker) == "docker");
  auto silent = engine("/srv/engine.sock");
  silent.answers = false;
  CHECK(clientOf(silent) == "podman");
}

TEST_CASE("commands by hand name this site only, and no client that is not here") {
  auto all = byHand(aSite(), engine(), "oslo");
  CHECK(all.size() == 6);
  CHECK(all[0].next == "podman ps --all --filter label=skerry.site=oslo");
  for (auto& finding : all) {
    checkFinding(finding, OK, "");
    CHECK((finding.next.find("label=skerry.site=oslo") != std::string::npos ||
           finding.next.find("/data/site/run/") != std::string::npos));
  }
  auto facts = engine();
  facts.answers = facts.hasPodman = facts.hasDocker = false;
  CHECK(byHand(aSite(), facts, "oslo").size() == 3);
}

}  // namespace
}  // namespace skerry::test
