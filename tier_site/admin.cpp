#include "tier_site/admin.h"
#include "shared/daemon/problems.h"
#include "shared/daemon/views.h"
#include "shared/model/time_text.h"
#include "tier_site/doctor_host.h"
#include "tier_site/service.h"
#include <capnp/message.h>
#include <kj/debug.h>

namespace skerry {

Registers registers(const SiteCore& core) {
  return [&core](const RegisterVisitor& visit) {
    for (auto& [key, held] : core.registers->all()) visit(core.self.name, key, held.value);
  };
}

SiteCore& coreOf(SiteService& service) {
  KJ_IF_MAYBE(core, service.current()) return *core;
  kj::throwFatalException(KJ_EXCEPTION(OVERLOADED,
      "this site's disk failed and its store is being reopened; applications run on, try again "
      "in a moment"));
}

namespace {

// What the disk keeps from being done; empty: nothing.
std::string diskFinding(SiteService& service) {
  auto trouble = service.diskTrouble();
  if (trouble.empty()) return "";
  return trouble + "; applications run and are healed, changes from above wait";
}

void fillApplication(schema::Item::Builder item, const SiteCore& core, const TenantAndName& name,
                     const Assignments::App& app) {
  auto to = item.initStatus().initApplication();
  to.setSites(1);
  auto report = appsAtSites(registers(core))[core.self.name][name.first + "/" + name.second];
  if (app.acted) {
    to.setRevision(app.acted->revision.hex().substr(0, 12));
    to.setEra(std::to_string(app.acted->seq.era));
    to.setSeq(std::to_string(app.acted->seq.n));
  }
  auto target = to.initTargets(1)[0];
  target.setSite(core.self.name);
  target.setOnline(true);
  target.setVerdict(report.verdict);
  target.setReason(report.reason);
  target.setCurrent(report.verdict == "accepted" || report.verdict == "blocked");
  target.setHealthy(report.healthy());
  Bounds bounds;
  bounds.tenant = name.first;
  bounds.app = name.second;
  auto counts = countStates(bounds, registers(core));
  writeCounts(counts, to.initCounts(counts.size()));
}

// The application of this name, of the tenant given or of the only one that has it.
std::vector<TenantAndName> named(const SiteCore& core, const std::string& tenant,
                                 const std::string& app) {
  std::vector<TenantAndName> found;
  for (auto& [name, known] : core.assignments->apps()) {
    if (name.second == app && Bounds::admits(tenant, name.first)) found.push_back(name);
  }
  return found;
}

std::vector<std::string> tenantsOf(const std::vector<TenantAndName>& apps) {
  std::vector<std::string> tenants;
  for (auto& app : apps) tenants.push_back(app.first);
  return tenants;
}

// Each once, of whatever applications.
std::set<std::string> blocksOf(const SiteCore& core) {
  std::set<std::string> reasons;
  for (auto& [name, app] : core.assignments->apps()) {
    if (auto reason = core.assignments->blockOf(name.first)) reasons.insert(*reason);
  }
  return reasons;
}

Refusal kindNotHere(const std::string& kind) {
  Refusal refusal;
  refusal.reason = "kind-unknown";
  refusal.message = "a site has no kind '" + kind + "'";
  refusal.hint = "hosts, applications, instances, users, roles; the rest is central's";
  return refusal;
}

}  // namespace

kj::Promise<void> SiteAdmin::status(StatusContext context) {
  auto& core = coreOf(service);
  auto status = context.getResults().initStatus();
  status.setTier("site");
  status.setName(core.self.name);
  status.setVersion(SKERRY_VERSION);
  auto uplink = status.initUplink();
  uplink.setParent("region " + core.regionName);
  KJ_IF_MAYBE(parent, core.parent) {
    uplink.setOnline((*parent)->online());
    uplink.setSince(timeOrEmpty((*parent)->sinceMs()));
    uplink.setLastError((*parent)->dialling().lastError);
  }
  status.setApplications(core.assignments->apps().size());
  auto counts = countStates(Bounds(), registers(core));
  writeCounts(counts, status.initInstances(counts.size()));
  std::vector<std::pair<std::string, std::string>> lines;  // what, and the command that helps
  if (auto trouble = diskFinding(service); !trouble.empty()) {
    lines.push_back({trouble, "df -h " + std::string(host.path.cStr())});
  }
  if (auto stale = core.headWatch->finding(core.clock.nowMs()); !stale.empty()) {
    lines.push_back({stale, "skerry status"});
  }
  if (auto limits = judgeGroups(Subject(), lookAtGroups(host.system));
      limits.verdict != Finding::Verdict::OK) {
    lines.push_back({limits.text, "skerry doctor"});
  }
  for (auto& reason : blocksOf(core)) lines.push_back({reason, "skerry get instances"});
  auto findings = status.initFindings(lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    findings[i].setText(lines[i].first);
    findings[i].setNext(lines[i].second);
  }
  if (auto& head = core.headWatch->newest()) status.setAuthorityAsOf(printTime(head->timeMs));
  status.setAsOfMs(host.clock.wallMs());
  return kj::READY_NOW;
}

kj::Promise<void> SiteAdmin::get(GetContext context) {
  auto& core = coreOf(service);
  auto query = context.getParams().getQuery();
  auto kind = text(query.getKind());
  Bounds bounds(query);
  ItemList list;
  auto results = context.getResults();
  if (kind == "host") addHosts(list, bounds, registers(core));
  else if (kind == "user") addUsers(list, bounds, core.people);
  else if (kind == "role") addRoles(list, bounds);
  else if (kind == "instance") addInstances(list, bounds, registers(core));
  else if (kind == "application") {
    for (auto& [name, app] : core.assignments->apps()) {
      if (!Bounds::admits(bounds.tenant, name.first) || !Bounds::admits(bounds.name, name.second)) {
        continue;
      }
      list.add("application", name.first, name.second,
               [&core, name = name, &app = app](schema::Item::Builder item) {
        fillApplication(item, core, name, app);
      });
    }
  } else {
    refuse(results, {kindNotHere(kind)});
    return kj::READY_NOW;
  }
  if (!bounds.name.empty() && kind != "instance" && list.size() == 0) {
    refuse(results, {notFound(kind, bounds.name)});
    return kj::READY_NOW;
  }
  auto selector = parseSelector(text(query.getSelector()));
  if (!selector.ok()) {
    refuse(results, {badSelector(selector.errors[0])});
    return kj::READY_NOW;
  }
  list.keep(selector.selector, [&](const std::string&) { return core.assignments->siteLabels(); },
            host.clock.wallMs());
  list.write(results.initItems(list.size()));
  results.setAsOfMs(host.clock.wallMs());
  return kj::READY_NOW;
}

kj::Promise<void> SiteAdmin::logs(LogsContext context) {
  context.allowCancellation();
  auto& core = coreOf(service);
  auto params = context.getParams();
  auto site = text(params.getQuery().getSite()), app = text(params.getQuery().getApp());
  auto apps = named(core, text(params.getQuery().getTenant()), app);
  bool isOfSite = app.empty() && !site.empty();
  Refusals refusals;
  if (!Bounds::admits(site, core.self.name)) refusals = {notFound("site", site)};
  else if (!isOfSite && apps.empty()) refusals = {notFound("application", app)};
  else if (!isOfSite && apps.size() > 1) refusals = {ambiguous(app, tenantsOf(apps))};
  else refusals = badPattern(text(params.getQuery().getGrep()));
  if (!refusals.empty()) {
    refuse(context.getResults(), refusals);
    return kj::READY_NOW;
  }
  auto query = kj::heap<capnp::MallocMessageBuilder>();
  query->setRoot(params.getQuery());
  auto asked = query->getRoot<schema::LogQuery>();
  if (!isOfSite) asked.setTenant(apps[0].first);
  return core.logs(asked.asReader(), params.getSink()).attach(kj::mv(query))
      .then([context, here = core.self.name](kj::Array<kj::String>&& missing) mutable {
    auto list = context.getResults().initMissing(missing.size());
    for (size_t i = 0; i < missing.size(); ++i) {
      list.set(i, kj::str(here.c_str(), "/", missing[i]));
    }
  });
}

kj::Promise<void> SiteAdmin::why(WhyContext context) {
  auto& core = coreOf(service);
  auto params = context.getParams();
  auto apps = named(core, text(params.getTenant()), text(params.getApp()));
  auto results = context.getResults();
  if (apps.size() > 1) {
    refuse(results, {ambiguous(text(params.getApp()), tenantsOf(apps))});
    return kj::READY_NOW;
  }
  if (apps.empty()) {
    auto findings = results.initFindings(1);
    findings[0].setText("the region gave this site no orders for '" + text(params.getApp()) + "'");
    return kj::READY_NOW;
  }
  auto& app = core.assignments->apps().at(apps[0]);
  std::vector<std::pair<bool, std::string>> lines;
  if (auto trouble = diskFinding(service); !trouble.empty()) lines.push_back({false, trouble});
  bool accepted = app.judgement.verdict == Judgement::Verdict::ACCEPTED;
  lines.push_back({accepted, accepted ? "the orders hold: signed, allowed here, and the newest"
                                      : "the orders do not hold: " + app.judgement.reason});
  if (auto blocked = core.assignments->blockOf(apps[0].first)) lines.push_back({false, *blocked});
  if (!accepted && app.acted) lines.push_back({true, "what was acted on before goes on"});
  if (app.acted) {
    for (auto& note : core.inForce(apps[0]).notes) lines.push_back({true, note});
  }
  for (auto& [id, slot] : core.slots()) {
    if (id.tenant != apps[0].first || id.app != apps[0].second) continue;
    KJ_IF_MAYBE(view, service.running().find(id)) {
      bool runs = view->state == RunState::RUNNING;
      bool isWell = runs && view->reason.empty();
      lines.push_back({isWell, id.service + (isWell ? " runs" : runs ? " runs " + view->reason
                       : " does not run: " +
                       (view->reason.empty() ? "it is about to start" : view->reason))});
    }
  }
  auto findings = results.initFindings(lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    findings[i].setGood(lines[i].first);
    findings[i].setText(lines[i].second);
  }
  return kj::READY_NOW;
}

kj::Promise<void> SiteAdmin::usage(UsageContext context) {
  auto& core = coreOf(service);
  auto query = context.getParams().getQuery();
  auto site = text(query.getSite());
  auto results = context.getResults();
  auto selector = parseSelector(text(query.getSelector()));
  if (!selector.ok()) refuse(results, {badSelector(selector.errors[0])});
  else if (!Bounds::admits(site, core.self.name)) refuse(results, {notFound("site", site)});
  else if (selector.selector.matches(core.assignments->siteLabels())) {
    service.usage(query).write(results);
  }
  return kj::READY_NOW;
}

kj::Promise<void> SiteAdmin::changed(ChangedContext context) {
  context.allowCancellation();
  if (context.getParams().getSince() != service.changeCount()) {
    context.getResults().setVersion(service.changeCount());
    return kj::READY_NOW;
  }
  auto late = host.timer.afterDelay(schema::Admin::CHANGED_WAIT_MS * kj::MILLISECONDS);
  return service.whenChanged().exclusiveJoin(kj::mv(late)).then([this, context]() mutable {
    context.getResults().setVersion(service.changeCount());
  });
}

}  // namespace skerry
