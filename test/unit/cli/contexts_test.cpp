#include "shared/cli/contexts.h"
#include "test/unit/cli/fake_machine.h"
#include <doctest/doctest.h>

namespace skerry::test {
namespace {

// A user with a home, and a central on the same machine.
struct Desk : Site {
  Desk() { machine.variables["HOME"] = "/home/kari"; }
  void give(const std::string& path, const std::string& name, const std::string& tenant = "") {
    Context context{name, "central.example:443", std::string(64, 'a'), tenant, "central",
                    "no certificate", "no key"};
    machine.files[path] = printContext(context);
  }
};

TEST_CASE("the first context that is added is used, until another one is") {
  Desk desk;
  desk.give("one", "acme");
  desk.give("two", "bolt", "bolt");
  CHECK(desk.run({"context", "list"}).out.find("no contexts") != std::string::npos);
  CHECK(desk.run({"context", "add", "one"}).code == 0);
  CHECK(desk.run({"context", "add", "two", "--name", "mine"}).code == 0);
  CHECK(desk.run({"context", "list"}).out ==
        "* acme  central.example:443\n  mine  central.example:443  tenant bolt\n");
  CHECK(desk.run({"context", "use", "mine"}).code == 0);
  CHECK(desk.run({"context", "list"}).out.find("* mine") != std::string::npos);
  CHECK(desk.machine.files.contains("/home/kari/.config/skerry/mine.context"));
}

TEST_CASE("a context is not overwritten, and what is none is not added") {
  Desk desk;
  desk.give("one", "acme");
  CHECK(desk.run({"context", "add", "one"}).code == 0);
  CHECK(desk.run({"context", "add", "one"}).code == 6);
  desk.give("odd", "Not a name");
  CHECK(desk.run({"context", "add", "odd"}).code == 2);
  desk.machine.files["half"] = "name: x\nserver: y\n";
  CHECK(desk.run({"context", "add", "half"}).err.find("it has no pin") != std::string::npos);
  desk.machine.files["other"] = "- 1\n";
  CHECK(desk.run({"context", "add", "other"}).code == 2);
  CHECK(desk.run({"context", "add", "absent"}).code == 2);
  CHECK(desk.run({"context", "use", "absent"}).code == 2);
  CHECK(desk.run({"context", "use", "../one"}).code == 2);
}

TEST_CASE("a context leads away from this machine, a socket back to it") {
  Desk desk;
  desk.admin.onStatus = [](schema::TierStatus::Builder status) { status.setTier("central"); };
  CHECK(desk.run({"status"}).code == 0);
  desk.give("one", "acme");
  CHECK(desk.run({"context", "add", "one"}).code == 0);
  CHECK(desk.run({"status"}).err.find("is damaged") != std::string::npos);  // it has no key
  auto socket = "/var/lib/skerry/central/admin.sock";
  CHECK(desk.run({"--socket", socket, "status"}).code == 0);
  CHECK(desk.run({"--context", "acme", "--socket", socket, "status"}).code == 2);
  desk.machine.variables["SKERRY_SOCKET"] = socket;
  CHECK(desk.run({"status"}).code == 0);
  CHECK(desk.run({"--context", "acme", "status"}).code == 2);
  desk.machine.variables.erase("SKERRY_SOCKET");
  desk.machine.variables["SKERRY_CONTEXT"] = "other";
  CHECK(desk.run({"status"}).err.find("no context `other`") != std::string::npos);
}

TEST_CASE("a context survives being written and read") {
  Context context{"acme", "[::1]:443", std::string(64, '0'), "acme", "region:north",
                  "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n",
                  "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n"};
  Problems problems;
  auto read = parseContext("file", printContext(context), problems);
  REQUIRE(read);
  CHECK(*read == context);
}

}  // namespace
}  // namespace skerry::test
