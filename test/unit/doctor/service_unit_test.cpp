#include "shared/doctor/service_unit.h"
#include "test/unit/doctor/subject.h"

namespace skerry::test {
namespace {

bool has(const std::string& unit, const std::string& line) {
  return unit.find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("a site's service ends nothing but the daemon, and confines nothing that it starts") {
  auto subject = aSite();
  subject.runsApplications = true;
  auto unit = serviceUnit(subject);
  CHECK(unitName(subject) == "skerry-site.service");
  for (auto line : {"Type=notify", "KillMode=process", "Restart=always", "Delegate=yes",
                    "ExecStart=/opt/skerry/skerry-site serve --data /data/site",
                    "ConditionPathExists=|/data/site/identity/chain.pem",
                    "ConditionPathExists=|/etc/skerry/home", "LimitNOFILE=1024",
                    "WantedBy=multi-user.target"}) {
    CAPTURE(line);
    CHECK((has(unit, line) || unit.ends_with("\n" + std::string(line) + "\n")));
  }
  for (auto setting : {"Protect", "Private", "NoNewPrivileges", "Restrict", "SystemCallFilter",
                       "CapabilityBoundingSet"}) {
    CAPTURE(setting);
    CHECK(unit.find(setting) == std::string::npos);
  }
}

TEST_CASE("a tier that runs no applications may write its data folder and little else") {
  auto subject = aSite();
  subject.program = "skerry-central";
  subject.folder = "/var/lib/skerry/central";
  auto unit = serviceUnit(subject);
  for (auto line : {"ProtectSystem=strict", "NoNewPrivileges=yes", "PrivateTmp=yes",
                    "ReadWritePaths=/var/lib/skerry/central", "KillMode=process"}) {
    CAPTURE(line);
    CHECK(has(unit, line));
  }
  CHECK(!has(unit, "Delegate=yes"));
  subject.folder = "/tmp/try";
  CHECK(!has(serviceUnit(subject), "PrivateTmp=yes"));
}

TEST_CASE("a folder of any name is one word of the service, meant as it is written") {
  auto subject = aSite();
  subject.folder = "/srv/50% $HOME \"x\"";
  auto unit = serviceUnit(subject);
  CHECK(has(unit, "ExecStart=/opt/skerry/skerry-site serve --data "
                  "\"/srv/50%% $$HOME \\\"x\\\"\""));
  CHECK(has(unit, "ReadWritePaths=\"/srv/50%% $HOME \\\"x\\\"\""));
  CHECK(has(unit, "ConditionPathExists=/srv/50%% $HOME \"x\"/identity/chain.pem"));
}

}  // namespace
}  // namespace skerry::test
