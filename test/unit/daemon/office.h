// A desk before a tier of two tenants, two regions and a site in each, for tests of who may what.
#pragma once
#include "shared/daemon/admin_desk.h"
#include "shared/daemon/problems.h"
#include "test/unit/daemon/stopped_clock.h"
#include <capnp/message.h>
#include <kj/async-io.h>
#include <array>
#include <set>

namespace skerry::office {

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
    bool isSite = manifests.size() > 0 && manifests[0].isSite();
    if (isSite && manifests[0].getSite().getName() == "rome") {
      auto problem = context.getResults().initProblems(1)[0];
      problem.setReason("site-has-region");
      problem.setMessage("site 'rome' belongs to region 'south'");
      return kj::READY_NOW;
    }
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
    auto query = context.getParams().getQuery();
    done.push_back(kj::str("logs ", query.getTenant(), "|", query.getRegion()).cStr());
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
  kj::Promise<void> usage(UsageContext context) override {
    auto query = context.getParams().getQuery();
    done.push_back(kj::str("usage ", query.getTenant(), "|", query.getRegion()).cStr());
    return kj::READY_NOW;
  }
  kj::Promise<void> restoreConfirm(RestoreConfirmContext) override { return kj::READY_NOW; }
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
    if (kind == "region") status.initRegion().setOnline(true);
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

using Names = std::set<std::string>;

struct Office {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  StoppedClock clock;
  kj::Own<const kj::Directory> files = kj::newInMemoryDirectory(kj::nullClock());
  kj::Own<AuditLog> log = kj::refcounted<AuditLog>(*files, clock, timer, [](Bytes) {});
  std::vector<std::string> done;
  AdminPlace place{"central", "fleet", ""};
  AdminDesk desk{kj::heap<Tier>(done), kj::addRef(*log),
                 [this] { return place; }};

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

}  // namespace skerry::office
