#include "test/unit/daemon/office.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

using namespace office;

TEST_CASE("each role sees its own in every list, and nothing else is there") {
  Office office;
  auto acme = office.as(Role::TENANT_VIEWER, "acme");
  CHECK(office.get(acme, "tenant") == Names{"acme"});
  CHECK(office.get(acme, "application") == Names{"acme/pos"});
  CHECK(office.get(acme, "instance") == Names{"acme/pos/web/0"});
  CHECK(office.get(acme, "site") == Names{"oslo"});
  CHECK(office.get(acme, "site", "rome") == Names{"not-found"});
  CHECK(office.get(acme, "application", "till") == Names{"not-found"});
  CHECK(office.get(acme, "application", "", "bolt") == Names{});
  CHECK(office.get(acme, "application", "till", "bolt") == Names{"not-found"});
  CHECK(office.get(acme, "host") == Names{"denied"});
  CHECK(office.get(acme, "token") == Names{"denied"});
  CHECK(office.get(acme, "user") == Names{"denied"});
  CHECK(office.get(office.as(Role::TENANT_ADMIN, "bolt"), "user") == Names{"bolt/kari"});

  auto north = office.as(Role::REGION_OPS, "north");
  CHECK(office.get(north, "region") == Names{"north"});
  CHECK(office.get(north, "site") == Names{"oslo"});
  CHECK(office.get(north, "host") == Names{"h1"});
  CHECK(office.get(north, "application") == Names{"acme/pos"});
  CHECK(office.get(north, "token") == Names{"t1"});
  CHECK(office.get(north, "tenant") == Names{"denied"});

  auto rome = office.as(Role::SITE_INSTALLER, "rome");
  CHECK(office.get(rome, "site") == Names{"rome"});
  CHECK(office.get(rome, "application") == Names{"bolt/pos", "bolt/till"});
  CHECK(office.get(rome, "instance") == Names{"bolt/pos/web/0"});

  CHECK(office.get(office.local(), "application").size() == 3);
}

TEST_CASE("counts are of what the role sees") {
  Office office;
  auto own = office.as(Role::REGION_OPS, "north").statusRequest().send().wait(office.scope);
  CHECK(own.getStatus().getRegions().getOnline() == 1);
  CHECK(own.getStatus().getSites().getOnline() == 1);
  auto answer = office.as(Role::TENANT_VIEWER, "acme").statusRequest().send().wait(office.scope);
  auto status = answer.getStatus();
  CHECK(status.getApplications() == 1);
  CHECK(status.getSites().getOnline() == 1);
  CHECK(status.getRegions().getOnline() == 0);
  CHECK(status.getFindings().size() == 0);
  CHECK(status.getLastHour().size() == 0);
  REQUIRE(status.getInstances().size() == 1);
  CHECK(status.getInstances()[0].getCount() == 1);
  auto request = office.as(Role::TENANT_VIEWER, "acme").getRequest();
  request.initQuery().setKind("site");
  auto sites = request.send().wait(office.scope);
  CHECK(sites.getItems()[0].getStatus().getSite().getInstances() == 1);  // not all nine
}

TEST_CASE("a role declares and deletes its own, and others' names do not exist") {
  Office office;
  auto admin = office.as(Role::TENANT_ADMIN, "acme");
  CHECK(office.apply(admin, "acme") == "");
  CHECK(office.apply(admin, "bolt") == "3 not-found");
  CHECK(office.apply(admin, "nobody") == "3 not-found");
  CHECK(office.apply(office.as(Role::TENANT_VIEWER, "acme"), "acme") == "4 denied");
  CHECK(office.apply(office.as(Role::REGION_OPS, "north"), "acme") == "4 denied");
  auto request = admin.deleteRequest();
  request.initQuery().setKind("application");
  request.getQuery().setName("pos");
  CHECK(office.refusal(request) == "");
  CHECK(office.done == std::vector<std::string>{"apply", "delete acme/pos"});  // not bolt's
  auto others = admin.deleteRequest();
  others.initQuery().setKind("application");
  others.getQuery().setName("till");
  others.getQuery().setTenant("bolt");
  CHECK(office.refusal(others) == "3 not-found");
  auto tenant = admin.deleteRequest();
  tenant.initQuery().setKind("tenant");
  tenant.getQuery().setName("acme");
  CHECK(office.refusal(tenant) == "4 denied");
  CHECK(office.done.size() == 2);
}

TEST_CASE("tokens are given for sites of the role's own") {
  Office office;
  CHECK(office.token(office.as(Role::REGION_OPS, "north"), "site", "oslo") == "");
  CHECK(office.token(office.as(Role::REGION_OPS, "north"), "site", "rome") == "3 not-found");
  CHECK(office.token(office.as(Role::REGION_OPS, "north"), "region", "north") == "4 denied");
  CHECK(office.token(office.as(Role::SITE_INSTALLER, "rome"), "site", "rome") == "");
  CHECK(office.token(office.as(Role::SITE_INSTALLER, "rome"), "site", "oslo") == "3 not-found");
  CHECK(office.token(office.as(Role::TENANT_ADMIN, "acme"), "site", "oslo") == "4 denied");
}

TEST_CASE("a role that would widen is refused") {
  Office office;
  auto admin = office.as(Role::TENANT_ADMIN, "acme");
  CHECK(office.addUser(admin, "tenant-viewer", "acme") == "");
  CHECK(office.addUser(admin, "tenant-admin", "") == "");  // of the own tenant
  CHECK(office.done == std::vector<std::string>{"user acme/ola", "user acme/ola"});
  CHECK(office.addUser(admin, "global-admin", "") == "4 denied");
  CHECK(office.addUser(admin, "tenant-viewer", "bolt") == "4 denied");
  CHECK(office.addUser(admin, "region-ops", "", "north") == "4 denied");
  CHECK(office.addUser(admin, "tenant-viewer", "acme", "north") == "4 denied");
  CHECK(office.addUser(office.as(Role::TENANT_VIEWER, "acme"), "tenant-viewer", "acme") ==
        "4 denied");
  CHECK(office.addUser(office.as(Role::REGION_OPS, "north"), "site-installer", "") == "4 denied");
  auto remove = admin.removeUserRequest();
  remove.setName("kari");
  remove.setTenant("bolt");
  CHECK(office.refusal(remove) == "3 not-found");
  auto own = admin.removeUserRequest();
  own.setName("kari");
  CHECK(office.refusal(own) == "");
  CHECK(office.done.back() == "remove acme/kari");
}

TEST_CASE("lines are of the own tenant, and so are the names of who did not answer") {
  Office office;
  auto request = office.as(Role::TENANT_VIEWER, "acme").logsRequest();
  request.initQuery().setApp("pos");
  request.setSink(kj::heap<NoSink>());
  auto answer = request.send().wait(office.scope);
  CHECK(office.done.back() == "logs acme|");
  REQUIRE(answer.getMissing().size() == 1);
  CHECK(answer.getMissing()[0] == "oslo");
  auto all = office.as(Role::TENANT_VIEWER, "acme").logsRequest();
  all.initQuery().setSite("oslo");
  CHECK(office.refusal(all) == "4 denied");
  auto installer = office.as(Role::SITE_INSTALLER, "oslo").logsRequest();
  installer.initQuery().setSite("oslo");
  CHECK(office.refusal(installer) == "4 denied");
}

TEST_CASE("a tenant hears what happened to its own, and whether its sites are there") {
  Office office;
  using Lines = Office::Lines;
  auto acme = office.as(Role::TENANT_VIEWER, "acme");
  CHECK(office.events(acme) == Lines{"instance.ended oslo acme", "orders.refused rome acme",
                                     "site.offline oslo ", "?oslo", "?region north"});
  CHECK(office.done.back() == "events acme|| with sites");
  auto asked = office.done.size();
  CHECK(office.events(acme, "rome") == Lines{"3 not-found"});
  CHECK(office.events(acme, "", "south") == Lines{"3 not-found"});
  CHECK(office.events(acme, "", "nowhere") == Lines{"3 not-found"});
  CHECK(office.events(acme, "", "", "bolt").empty());
  CHECK(office.done.size() == asked);
  CHECK(office.events(acme, "oslo", "north").size() == 5);
}

TEST_CASE("a region's people hear of their region, a site's of their site") {
  Office office;
  using Lines = Office::Lines;
  auto north = office.as(Role::REGION_OPS, "north");
  CHECK(office.events(north) == Lines{"instance.ended oslo acme", "site.offline oslo ",
                                      "finding.raised oslo ", "site.gone  ", "?oslo",
                                      "?region north"});
  CHECK(office.done.back() == "events |north|");
  CHECK(office.events(north, "rome") == Lines{"3 not-found"});
  CHECK(office.events(north, "", "south") == Lines{"3 not-found"});
  CHECK(office.events(office.as(Role::SITE_INSTALLER, "rome")) ==
        Lines{"instance.ended rome bolt", "orders.refused rome acme", "site.offline rome ",
              "?rome", "?region south"});
  CHECK(office.done.back() == "events ||rome");
  CHECK(office.events(office.local()).size() == std::size(HAPPENED) + 4);
}

TEST_CASE("a region's people block and label their sites and hosts, and nothing else") {
  Office office;
  auto north = office.as(Role::REGION_OPS, "north");
  CHECK(office.block(north, "site", "oslo") == "");
  CHECK(office.block(north, "host", "oslo/h1") == "");
  CHECK(office.label(north, "site", "oslo") == "");
  CHECK(office.done == Office::Lines{"block site oslo", "block host oslo/h1", "label site oslo"});
  CHECK(office.block(north, "site", "rome") == "3 not-found");
  CHECK(office.block(north, "host", "rome/h2") == "3 not-found");
  CHECK(office.label(north, "site", "rome") == "3 not-found");
  CHECK(office.block(north, "tenant", "acme") == "4 denied");
  CHECK(office.label(north, "region", "north") == "4 denied");
  for (auto& [role, scope] : {std::pair{Role::TENANT_ADMIN, "acme"},
                              {Role::TENANT_VIEWER, "acme"}, {Role::SITE_INSTALLER, "oslo"}}) {
    auto who = office.as(role, scope);
    CHECK(office.block(who, "site", "oslo") == "4 denied");
    CHECK(office.label(who, "site", "oslo") == "4 denied");
    CHECK(office.block(who, "application", "pos") == "4 denied");
    CHECK(office.label(who, "application", "pos") == "4 denied");
  }
  CHECK(office.done.size() == 3);
}

TEST_CASE("a method that nobody thought of is denied to bounded roles") {
  Office office;
  CHECK(office.refusal(office.as(Role::REGION_OPS, "north").restoreConfirmRequest()) == "4 denied");
  CHECK(office.refusal(office.local().restoreConfirmRequest()) == "");
}

TEST_CASE("what is said of a machine as a whole is for who sees all of its tier") {
  Office office;
  auto north = office.as(Role::REGION_OPS, "north");
  CHECK(office.refusal(north.doctorRequest()) == "4 denied");
  office.place = {"region", "north", "north"};
  CHECK(office.refusal(office.as(Role::REGION_OPS, "north").doctorRequest()) == "");
  CHECK(office.refusal(office.as(Role::REGION_OPS, "south").doctorRequest()) == "4 denied");
  CHECK(office.refusal(office.as(Role::TENANT_ADMIN, "acme").doctorRequest()) == "4 denied");
}

TEST_CASE("a region's people ask for lines and numbers of their region, without naming a site") {
  Office office;
  auto request = office.as(Role::REGION_OPS, "north").logsRequest();
  request.initQuery().setApp("pos");
  request.setSink(kj::heap<NoSink>());
  CHECK(office.refusal(request) == "");
  CHECK(office.done.back() == "logs |north");
  auto usage = office.as(Role::REGION_OPS, "north").usageRequest();
  usage.initQuery().setOf(schema::UsageQuery::Subject::SITES);
  CHECK(office.refusal(usage) == "");
  CHECK(office.done.back() == "usage |north");
}

TEST_CASE("a site of another region is only known to be there") {
  Office office;
  auto request = office.as(Role::REGION_OPS, "north").applyRequest();
  auto site = request.initManifests(1)[0].initSite();
  site.setName("rome");
  site.setRegion("north");
  auto answer = request.send().wait(office.scope);
  REQUIRE(answer.getProblems().size() == 1);
  CHECK(answer.getProblems()[0].getReason() == "site-has-region");
  std::string told = kj::str(answer.getProblems()[0]).cStr();
  CHECK(told.find("south") == std::string::npos);
}

}  // namespace
}  // namespace skerry
