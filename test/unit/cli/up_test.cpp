// What `up` is made of is tried by test/system/up_test.py; here, how it is asked for.
#include "test/unit/cli/fake_machine.h"
#include <doctest/doctest.h>

using namespace skerry::test;

TEST_CASE("a fleet of one machine is kept in a folder that is named whole") {
  FakeMachine machine;
  auto ran = machine.run({"up", "--data", "here"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("does not begin with /") != std::string::npos);
  CHECK(machine.scripts.empty());
}

TEST_CASE("a tier that does not come up ends the attempt, and says where to look") {
  FakeMachine machine;
  auto ran = machine.run({"up", "--data", "/srv/it's"});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("central is not ready; see /srv/it's/central.log") != std::string::npos);
  REQUIRE(machine.scripts.size() > 2);
  CHECK(machine.scripts[0] == "mkdir -p '/srv/it'\\''s'");
  CHECK(machine.scripts[1].find("'/opt/skerry/skerry-central' init --advertise "
                                "'127.0.0.1:7700' --data '/srv/it'\\''s/central'") == 0);
}

TEST_CASE("completions are printed for the shells that are known") {
  FakeMachine machine;
  CHECK(machine.run({"completion", "bash"}).out.find("complete -o") != std::string::npos);
  auto ran = machine.run({"completion", "tcsh"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("bash, zsh or fish") != std::string::npos);
  CHECK(machine.run({"manual"}).out.find(".TH SKERRY 1") == 0);
}
