#include "shared/doctor/probe.h"
#include "shared/doctor/doctor_limits.h"
#include "shared/link/enroll.h"
#include "shared/link/listener.h"
#include "test/unit/doctor/subject.h"
#include "test/unit/link/link_sim.h"

namespace skerry::test {
namespace {

constexpr uint64_t PATIENCE_MS = 60'000;

// Counts who comes to the doors of a parent.
struct Parent {
  Parent() : transport(newTlsTransport()),
             shaker(transport->newHandshaker(sim.parent.host(), sim.policy, sim.parentIdentity)) {
    Listener::Doors doors{
      [this](Secured peer) {
        ++sessions;
        return drain(kj::mv(peer.stream));
      },
      [this](Secured peer) {
        ++joiners;
        return drain(kj::mv(peer.stream));
      }};
    listener = kj::heap<Listener>(sim.listen(), sim.world.timer(), *shaker, kj::mv(doors));
  }
  std::vector<Reached> knock(std::vector<std::string> addresses, Hash root) {
    return sim.world.run(reach(sim.child.host(), *transport, std::move(addresses), root),
                         PATIENCE_MS);
  }
  Hash root() const { return keyHash(*sim.fleet.root); }

  LinkSim sim;
  kj::Own<Transport> transport;
  kj::Own<Handshaker> shaker;
  kj::Own<Listener> listener;
  int sessions = 0, joiners = 0;
};

TEST_CASE("a parent is reached at the door for joining, and no session is begun") {
  Parent parent;
  auto reached = parent.knock({"parent:7000"}, parent.root());
  REQUIRE(reached.size() == 1);
  CHECK(reached[0].address == "parent:7000");
  CHECK(reached[0].trouble == "");
  parent.sim.world.runFor(1000);
  CHECK(parent.joiners == 1);
  CHECK(parent.sessions == 0);
}

TEST_CASE("who answers with another root is not our parent") {
  Parent parent;
  Fleet other(9);
  auto reached = parent.knock({"parent:7000"}, keyHash(*other.root));
  CHECK(reached[0].trouble != "");
}

TEST_CASE("all addresses are tried at once, and silence ends after a while") {
  Parent parent;
  parent.sim.stranger.powerOff();
  auto begin = parent.sim.world.nowMs();
  auto reached = parent.knock({"stranger:7000", "child:1", "parent:7000"}, parent.root());
  CHECK(parent.sim.world.nowMs() - begin <= REACH_MAX / kj::MILLISECONDS);
  REQUIRE(reached.size() == 3);
  CHECK(reached[0].trouble != "");
  CHECK(reached[1].trouble != "");
  CHECK(reached[2].trouble == "");
}

Finding find(const Findings& findings, const std::string& check) {
  for (auto& finding : findings) {
    if (finding.check == check) return finding;
  }
  FAIL("there is no finding ", check);
  return {};
}

TEST_CASE("a folder that is absent is judged by the nearest one above it") {
  LinkSim sim;
  auto& system = sim.child.system();
  system.nodes["/data"] = {System::Node::Kind::FOLDER, 0755, true, true};
  system.spaces["/data"] = {uint64_t(1) << 40, 1 << 20, 0, 0, "tmpfs"};
  auto subject = aSite();
  subject.folder = "/data/deep/site";
  auto findings = examineMachine(sim.child.host(), subject);
  checkFinding(find(findings, "folder"), OK, "not there yet");
  checkFinding(find(findings, "disk"), PROBLEM, "full", "/data ");
  checkFinding(find(findings, "fileSystem"), WARNING, "power cut");
  checkFinding(find(findings, "clock"), WARNING, "cannot be right");
}

TEST_CASE("an identity is looked at, and told from one that may not be seen") {
  LinkSim sim;
  auto& host = sim.child.host();
  CHECK(lookAtIdentity(host).state == IdentityFacts::State::ABSENT);
  IdentityFolder(host.files).save(sim.childIdentity);
  auto facts = lookAtIdentity(host);
  CHECK(facts.state == IdentityFacts::State::PRESENT);
  CHECK(facts.name == "site:oslo/host1");
  CHECK(facts.dates.untilMs > facts.dates.fromMs);
  host.files.openFile(kj::Path({"identity", "root.pem"}), kj::WriteMode::MODIFY)->truncate(3);
  facts = lookAtIdentity(host);
  CHECK(facts.state == IdentityFacts::State::DAMAGED);
  CHECK(facts.trouble.find("root.pem") != std::string::npos);
  sim.child.system().nodes[host.path.cStr()] = {System::Node::Kind::FOLDER, 0700, false, false};
  CHECK(lookAtIdentity(host).state == IdentityFacts::State::HIDDEN);
}

}  // namespace
}  // namespace skerry::test
