#include "shared/doctor/boot_check.h"
#include "test/sim/sim_host.h"
#include "test/unit/doctor/subject.h"

namespace skerry::test {
namespace {

TEST_CASE("what starts at boot is told from what is off, absent, and not to be judged") {
  BootFacts facts;
  facts.unit = "skerry-site.service";
  checkFinding(judgeBoot(aSite(), facts), WARNING, "not known",
               "/opt/skerry/skerry-site serve --data /data/site");
  facts.hasSystemd = true;
  checkFinding(judgeBoot(aSite(), facts), WARNING, "there is no service",
               "systemctl enable --now skerry-site.service");
  facts.state = "disabled";
  checkFinding(judgeBoot(aSite(), facts), WARNING, "is disabled",
               "systemctl enable --now skerry-site.service");
  facts.state = "enabled";
  checkFinding(judgeBoot(aSite(), facts), OK, "after a power cut");
}

TEST_CASE("where there is no service the command that makes one is told") {
  BootFacts facts;
  facts.unit = "skerry-site.service";
  facts.hasSystemd = true;
  CHECK(judgeBoot(aSite(), facts).next ==
        "/opt/skerry/skerry-site unit --data /data/site > "
        "/etc/systemd/system/skerry-site.service && systemctl enable --now skerry-site.service");
}

TEST_CASE("where systemd does not run nobody is asked") {
  SimWorld world(7);
  SimHost host(world, "oslo");
  host.powerOn();
  auto facts = world.run(lookAtBoot(host.host(), "skerry-site.service"), 1000);
  CHECK(!facts.hasSystemd);
  CHECK(facts.state.empty());
}

}  // namespace
}  // namespace skerry::test
