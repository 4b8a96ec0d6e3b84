#include "shared/daemon/preflight.h"
#include "test/unit/doctor/subject.h"
#include "test/unit/link/link_sim.h"

namespace skerry::test {
namespace {

TEST_CASE("a join that did not begin ends with a code that says whose turn it is") {
  CHECK(exitCodeOf({}) == 0);
  CHECK(exitCodeOf({warning("clock", "wrong", "set it")}) == 0);
  CHECK(exitCodeOf({warning("clock", "wrong", "set it"), problem("parent", "away", "knock")}) == 5);
  CHECK(exitCodeOf({problem("identity", "taken", "serve")}) == 6);
  CHECK(exitCodeOf({problem("disk", "full", "make room"), problem("parent", "away", "x")}) == 1);
}

struct Before {
  LinkSim sim;
  Token token;
  Subject subject = aSite();

  Before() {
    subject.folder = sim.child.host().path.cStr();
    sim.child.system().nodes[subject.folder] = {System::Node::Kind::FOLDER, 0700, true, true};
    sim.child.system().spaces[subject.folder] = {1 << 30, 1 << 30, 0, 0, "ext4"};
    token.addresses = {"parent:7000"};
    token.rootKey = keyHash(*sim.fleet.root);
  }
  Findings look() {
    return sim.world.run(lookBeforeJoining(sim.child.host(), *sim.transport, subject,
                                           "the region", token), 60'000);
  }
};

TEST_CASE("nobody is asked by a machine that could not keep the answer") {
  Before before;
  before.sim.child.system().spaces[before.subject.folder].bytesFree = 0;
  auto findings = before.look();
  CHECK(exitCodeOf(findings) == 1);
  for (auto& finding : findings) CHECK(finding.check != "parent");
}

TEST_CASE("a folder that is somebody's already is not joined over") {
  Before before;
  IdentityFolder(before.sim.child.host().files).save(before.sim.childIdentity);
  auto findings = before.look();
  CHECK(exitCodeOf(findings) == 6);
  checkFinding(findings.back(), PROBLEM, "site:oslo/host1", "skerry-site serve --data");
}

TEST_CASE("a parent that is away ends a join before it begins; a wrong clock does not") {
  Before before;
  auto findings = before.look();
  CHECK(exitCodeOf(findings) == 5);
  checkFinding(findings.back(), PROBLEM, "parent:7000", "/dev/tcp/parent/7000");
  bool isClockTold = false;
  for (auto& finding : findings) {
    if (finding.check != "clock") continue;
    checkFinding(finding, WARNING, "cannot be right");
    isClockTold = true;
  }
  CHECK(isClockTold);
}

}  // namespace
}  // namespace skerry::test
