#include "test/unit/daemon/office.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

using namespace office;

TEST_CASE("a backup holds keys: nobody has it from another machine, whatever the role") {
  Office office;
  auto ask = [&](schema::Admin::Client admin) {
    auto request = admin.backupRequest();
    request.setSink(kj::heap<NoBackup>());
    request.send().ignoreResult().wait(office.scope);
  };
  ask(office.local());
  CHECK(office.done.back() == "backup");
  office.done.clear();
  CHECK_THROWS(ask(office.as(Role::GLOBAL_ADMIN, "")));
  CHECK_THROWS(ask(office.as(Role::REGION_OPS, "north")));
  CHECK(office.done.empty());
  CHECK(office.audited().find("asked for from another machine") != std::string::npos);
}

TEST_CASE("every change is recorded: who, from where, what, and what came of it") {
  Office office;
  CHECK(office.apply(office.as(Role::TENANT_ADMIN, "acme"), "acme") == "");
  auto all = office.audited();
  CHECK(all.find("\"outcome\":\"asked\"") < all.find("\"outcome\":\"created\""));
  for (auto part : {"\"who\":\"user:kari\"", "\"from\":\"192.0.2.7:1\"", "\"action\":\"apply\"",
                    "\"tenant\":\"acme\"", "\"name\":\"pos\"", "\"after\":\"abc\"",
                    "tenant-admin of tenant acme"}) {
    CAPTURE(part);
    CHECK(all.find(part) != std::string::npos);
  }
  // Showing and trying are no changes.
  auto dry = office.local().applyRequest();
  dry.setDryRun(true);
  CHECK(office.refusal(dry) == "");
  office.get(office.local(), "tenant");
  CHECK(office.audited() == all);
  // What fails is recorded too, and what is denied, once each.
  auto failing = office.local().revokeTokenRequest();
  failing.setName("oslo");
  CHECK_THROWS(failing.send().wait(office.scope));
  CHECK(office.audited().find("\"outcome\":\"failed\"") != std::string::npos);
  CHECK(office.audited().find("local:7") != std::string::npos);
  CHECK(office.addUser(office.as(Role::TENANT_ADMIN, "acme"), "global-admin", "") == "4 denied");
  all = office.audited();
  CHECK(all.find("\"outcome\":\"denied\"") != std::string::npos);
  CHECK(all.find("\"outcome\":\"denied\"") == all.rfind("\"outcome\":\"denied\""));
}

TEST_CASE("what cannot be recorded is not done") {
  Office office;
  office.files->openFile(kj::Path("audit"), kj::WriteMode::CREATE);
  CHECK(office.apply(office.local(), "acme") == "1 audit-unwritable");
  CHECK(office.done.empty());
  CHECK(office.get(office.local(), "tenant") == Names{"acme", "bolt"});
  auto answer = office.local().statusRequest().send().wait(office.scope);
  REQUIRE(answer.getStatus().getFindings().size() == 2);
  CHECK(answer.getStatus().getFindings()[1].getNext() == "skerry audit --verify");
}

TEST_CASE("the log is read by who may: all of it, or what was done to the own tenant") {
  Office office;
  CHECK(office.apply(office.local(), "acme") == "");
  CHECK(office.apply(office.local(), "bolt") == "");
  auto count = [&](schema::Admin::Client admin, bool verify) {
    auto request = admin.auditRequest();
    request.initQuery().setVerify(verify);
    auto answer = request.send().wait(office.scope);
    if (answer.getProblems().size() > 0) return -1;
    return int(answer.getRecords().size());
  };
  CHECK(count(office.local(), true) == 2);  // what was answered is not shown as asked
  CHECK(count(office.as(Role::TENANT_ADMIN, "acme"), false) == 1);
  CHECK(count(office.as(Role::TENANT_ADMIN, "acme"), true) == -1);
  CHECK(count(office.as(Role::TENANT_VIEWER, "acme"), false) == -1);
  CHECK(count(office.as(Role::REGION_OPS, "north"), false) == -1);
}

TEST_CASE("who asks is told who that is; a stranger hears nothing else") {
  Office office;
  auto person = office.as(Role::REGION_OPS, "north").whoamiRequest().send().wait(office.scope);
  CHECK(person.getPerson().getName() == "user:kari");
  CHECK(person.getPerson().getScopeName() == "north");
  auto stranger = office.desk.serveStranger("user:gone", "192.0.2.8:1");
  CHECK(office.refusal(stranger.whoamiRequest()) == "4 unknown-user");
  CHECK_THROWS(stranger.statusRequest().send().wait(office.scope));
  CHECK(office.audited().find("user:gone") != std::string::npos);
}

}  // namespace
}  // namespace skerry
