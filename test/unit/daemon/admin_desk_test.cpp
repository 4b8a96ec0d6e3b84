#include "shared/daemon/admin_desk.h"
#include "shared/daemon/problems.h"
#include "test/unit/daemon/stopped_clock.h"
#include <capnp/message.h>
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <array>
#include <set>

namespace skerry {
namespace {

struct Thing { const char *kind, *tenant, *name, *site, *region; };
// Two tenants with an application of the same name, at two sites of two regions.
constexpr Thing THINGS[] = {
    {"tenant", "", "acme", "", ""},          {"tenant", "", "bolt", "", ""},
    {"region", "", "north", "", ""},         {"region", "", "south", "", ""},
    {"site", "", "oslo", "oslo", "north"},   {"site", "", "rome", "rome", "south"},
    {"host", "", "h1", "oslo", ""},          {"host", "", "h2", "rome", ""},
    {"application", "acme", "pos", "oslo", ""}, {"application", "bolt", "pos", "rome", ""},
    {"application", "bolt", "till", "rome", ""},
    {"instance", "acme", "pos/web/0", "oslo", ""}, {"instance", "bolt", "pos/web/0", "rome", ""},
    {"token", "", "t1", "oslo", ""},         {"token", "", "t2", "rome", ""},
    {"user", "acme", "kari", "", ""},        {"user", "bolt", "kari", "", ""},
    {"user", "", "root", "", ""}};

struct Happened { const char *kind, *region, *site, *tenant; };
constexpr Happened HAPPENED[] = {
    {"instance.ended", "north", "oslo", "acme"}, {"instance.ended", "south", "rome", "bolt"},
    {"orders.refused", "south", "rome", "acme"}, {"site.offline", "north", "oslo", ""},
    {"site.offline", "south", "rome", ""},       {"finding.raised", "north", "oslo", ""},
    {"region.offline", "south", "", ""},         {"site.gone", "north", "", ""}};

// A central that does what its administrator says, and remembers it.
class Tier final : public schema::Admin::Server {
public:
  explicit Tier(std::vector<std::string>& done) : done(done) {}

protected:
  kj::Promise<void> get(GetContext context) override {
    auto query = context.getParams().getQuery();
    std::vector<const Thing*> found;
    for (auto& thing : THINGS) {
      bool isAsked = query.getKind() == thing.kind &&
                     (query.getName().size() == 0 || query.getName() == thing.name) &&
                     (query.getTenant().size() == 0 || *thing.tenant == 0 ||
                      query.getTenant() == thing.tenant);
      if (isAsked) found.push_back(&thing);
    }
    auto items = context.getResults().initItems(found.size());
    for (size_t i = 0; i < found.size(); ++i) fill(*found[i], items[i]);
    return kj::READY_NOW;
  }
  kj::Promise<void> backup(BackupContext) override {
    done.push_back("backup");
    return kj::READY_NOW;
  }
  kj::Promise<void> status(StatusContext context) override {
    auto status = context.getResults().initStatus();
    status.setTier("central");
    status.setApplications(3);
    status.initRegions().setOnline(2);
    status.initSites().setOnline(2);
    status.initFindings(1)[0].setText("site rome: something");
    status.initLastHour(1)[0].setKind("site.offline");
    return kj::READY_NOW;
  }
  kj::Promise<void> apply(ApplyContext context) override {
    auto manifests = context.getParams().getManifests();
    auto results = context.getResults().initResults(manifests.size());
    for (kj::uint i = 0; i < manifests.size(); ++i) {
      results[i].setKind("application");
      results[i].setTenant(manifests[i].getApplication().getTenant());
      results[i].setName(manifests[i].getApplication().getName());
      results[i].setOutcome("created");
      results[i].setAfter("abc");
    }
    done.push_back("apply");
    return kj::READY_NOW;
  }
  kj::Promise<void> delete_(DeleteContext context) override {
    auto query = context.getParams().getQuery();
    done.push_back(kj::str("delete ", query.getTenant(), "/", query.getName()).cStr());
    return kj::READY_NOW;
  }
  kj::Promise<void> createToken(CreateTokenContext context) override {
    done.push_back(kj::str("token ", context.getParams().getRequest().getName()).cStr());
    return kj::READY_NOW;
  }
  kj::Promise<void> revokeToken(RevokeTokenContext) override {
    return KJ_EXCEPTION(FAILED, "the disk is gone");
  }
  kj::Promise<void> logs(LogsContext context) override {
    done.push_back(kj::str("logs ", context.getParams().getQuery().getTenant()).cStr());
    auto missing = context.getResults().initMissing(3);
    missing.set(0, "rome");
    missing.set(1, "region south");
    missing.set(2, "oslo");
    return kj::READY_NOW;
  }
  kj::Promise<void> addUser(AddUserContext context) override {
    auto user = context.getParams().getUser();
    done.push_back(kj::str("user ", user.getTenant(), "/", user.getName()).cStr());
    return kj::READY_NOW;
  }
  kj::Promise<void> removeUser(RemoveUserContext context) override {
    auto params = context.getParams();
    done.push_back(kj::str("remove ", params.getTenant(), "/", params.getName()).cStr());
    return kj::READY_NOW;
  }
  // Says more than it was asked for, as a hostile region would.
  kj::Promise<void> events(EventsContext context) override {
    auto query = context.getParams().getQuery();
    done.push_back(kj::str("events ", query.getTenant(), "|", query.getRegion(), "|",
                           query.getSite(), query.getWithSites() ? " with sites" : "").cStr());
    auto sink = context.getParams().getSink();
    auto request = sink.writeRequest();
    auto list = request.initEvents(std::size(HAPPENED));
    for (size_t i = 0; i < std::size(HAPPENED); ++i) {
      auto& [kind, region, site, tenant] = HAPPENED[i];
      list[i].setKind(kind);
      list[i].setRegion(region);
      list[i].setSite(site);
      list[i].setTenant(tenant);
    }
    auto missing = sink.missingRequest();
    auto who = missing.initWho(4);
    for (uint i = 0; i < 4; ++i) {
      who.set(i, std::array{"rome", "region south", "oslo", "region north"}[i]);
    }
    return request.send().then([missing = kj::mv(missing)]() mutable {
      return missing.send().ignoreResult();
    });
  }
  kj::Promise<void> block(BlockContext context) override {
    auto params = context.getParams();
    done.push_back(kj::str("block ", params.getKind(), " ", params.getName()).cStr());
    return kj::READY_NOW;
  }
  kj::Promise<void> label(LabelContext context) override {
    auto params = context.getParams();
    done.push_back(kj::str("label ", params.getKind(), " ", params.getName()).cStr());
    return kj::READY_NOW;
  }
  kj::Promise<void> doctor(DoctorContext) override { return kj::READY_NOW; }

private:
  static void fill(const Thing& thing, schema::Item::Builder item) {
    item.setKind(thing.kind);
    item.setTenant(thing.tenant);
    item.setName(thing.name);
    kj::StringPtr kind = thing.kind;
    auto status = item.initStatus();
    if (kind == "site") {
      auto site = status.initSite();
      site.setRegion(thing.region);
      site.setOnline(true);
      site.setInstances(9);
    }
    if (kind == "host") status.initHost().setSite(thing.site);
    if (kind == "application") status.initApplication().initTargets(1)[0].setSite(thing.site);
    if (kind == "token") status.initToken().setTarget(kj::str("site/", thing.site));
    if (kind == "instance") {
      auto instance = status.initInstance();
      instance.setSite(thing.site);
      instance.setApp("pos");
      instance.setState("running");
    }
  }
  std::vector<std::string>& done;
};

class NoBackup final : public schema::BackupSink::Server {};

// What reached an asker: `KIND SITE TENANT`, and `?WHO` who did not answer.
class EventTaker final : public schema::EventSink::Server {
public:
  explicit EventTaker(std::vector<std::string>& told) : told(told) {}
  kj::Promise<void> write(WriteContext context) override {
    for (auto event : context.getParams().getEvents()) {
      told.push_back(kj::str(event.getKind(), " ", event.getSite(), " ", event.getTenant()).cStr());
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> missing(MissingContext context) override {
    for (auto who : context.getParams().getWho()) told.push_back(kj::str("?", who).cStr());
    return kj::READY_NOW;
  }

private:
  std::vector<std::string>& told;
};

class NoSink final : public schema::LineSink::Server {};

struct Office {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  StoppedClock clock;
  kj::Own<const kj::Directory> files = kj::newInMemoryDirectory(kj::nullClock());
  kj::Own<AuditLog> log = kj::refcounted<AuditLog>(*files, clock, timer, [](Bytes) {});
  std::vector<std::string> done;
  AdminDesk desk{kj::heap<Tier>(done), kj::addRef(*log),
                 [] { return AdminPlace{"central", "fleet", ""}; }};

  Office() { log->open(nullptr); }
  schema::Admin::Client as(Role role, std::string scope) {
    return desk.serve({{"user:kari", role, {scopeKindOf(role), scope}}, "192.0.2.7:1", 0});
  }
  schema::Admin::Client local() { return desk.serve({localPrincipal(7), "admin.sock", 0}); }
  // The names that `get` shows; the first problem's reason instead.
  std::set<std::string> get(schema::Admin::Client admin, const char* kind, const char* name = "",
                            const char* tenant = "") {
    auto request = admin.getRequest();
    auto query = request.initQuery();
    query.setKind(kind);
    query.setName(name);
    query.setTenant(tenant);
    auto answer = request.send().wait(scope);
    std::set<std::string> names;
    for (auto problem : answer.getProblems()) names.insert(problem.getReason().cStr());
    for (auto item : answer.getItems()) {
      names.insert(kj::str(item.getTenant(), item.getTenant().size() ? "/" : "",
                           item.getName()).cStr());
    }
    return names;
  }
  template <typename Request>
  std::string refusal(Request&& request) {
    auto answer = request.send().wait(scope);
    for (auto problem : answer.getProblems()) {
      return kj::str(int(problem.getCode()), " ", problem.getReason()).cStr();
    }
    return "";
  }
  std::string apply(schema::Admin::Client admin, const char* tenant) {
    auto request = admin.applyRequest();
    auto application = request.initManifests(1)[0].initApplication();
    application.setTenant(tenant);
    application.setName("pos");
    return refusal(request);
  }
  std::string token(schema::Admin::Client admin, const char* kind, const char* name) {
    auto request = admin.createTokenRequest();
    request.initRequest().setKind(kind);
    request.getRequest().setName(name);
    return refusal(request);
  }
  std::string addUser(schema::Admin::Client admin, const char* role, const char* tenant,
                      const char* region = "") {
    auto request = admin.addUserRequest();
    auto user = request.initUser();
    user.setName("ola");
    user.setRole(role);
    user.setTenant(tenant);
    user.setRegion(region);
    return refusal(request);
  }
  using Lines = std::vector<std::string>;
  // What of HAPPENED is told; the first problem instead.
  Lines events(schema::Admin::Client admin, const char* site = "", const char* region = "",
               const char* tenant = "") {
    Lines told;
    auto request = admin.eventsRequest();
    request.initQuery().setSite(site);
    request.getQuery().setRegion(region);
    request.getQuery().setTenant(tenant);
    request.setSink(kj::heap<EventTaker>(told));
    auto refused = refusal(request);
    return refused.empty() ? told : Lines{refused};
  }
  std::string block(schema::Admin::Client admin, const char* kind, const char* name) {
    auto request = admin.blockRequest();
    request.setKind(kind);
    request.setName(name);
    return refusal(request);
  }
  std::string label(schema::Admin::Client admin, const char* kind, const char* name) {
    auto request = admin.labelRequest();
    request.setKind(kind);
    request.setName(name);
    return refusal(request);
  }
  std::string audited() {
    capnp::MallocMessageBuilder message;
    auto query = message.initRoot<schema::AuditQuery>();
    std::string all;
    for (auto& json : log->find(query, [](auto) { return true; }).json) all += json + "\n";
    return all;
  }
};

using Names = std::set<std::string>;

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
  CHECK(office.done.back() == "logs acme");
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
  CHECK(office.refusal(office.as(Role::REGION_OPS, "north").doctorRequest()) == "4 denied");
  CHECK(office.refusal(office.local().doctorRequest()) == "");
}

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
