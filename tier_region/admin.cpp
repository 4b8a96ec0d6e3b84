#include "tier_region/admin.h"
#include "shared/model/time_text.h"
#include <capnp/message.h>
#include <kj/debug.h>
#include <set>

namespace skerry {

Registers registers(const RegionCore& core) {
  return [&core](const RegisterVisitor& visit) {
    for (auto& [key, held] : core.registers->all()) {
      if (key.starts_with(ROLLUP_PREFIX)) continue;
      auto slash = key.find('/');
      visit(key.substr(0, slash), key.substr(slash + 1), held.value);
    }
  };
}

namespace {

void fillSite(schema::Item::Builder item, const RegionCore& core, const std::string& name,
              const SiteSummary& summary) {
  auto to = item.initStatus().initSite();
  to.setRegion(core.self.name);
  to.setJoined(summary.heard || summary.hosts > 0);
  to.setOnline(summary.online);
  if (!summary.online) to.setOfflineSince(timeOrEmpty(summary.sinceMs));
  to.setHosts(summary.hosts);
  to.setInstances(summary.instances);
  to.setRunning(summary.running);
  to.setVersion(summary.version);
  to.setAuthorityAsOf(timeOrEmpty(summary.headTimeMs));
  auto& plan = core.assigner->sites().at(name);
  if (plan.block) to.setBlocked(printTime(plan.block->sinceMs) + " " + plan.block->reason);
}

void addSites(ItemList& list, const Bounds& bounds, const RegionCore& core) {
  auto summaries = std::make_shared<std::map<std::string, SiteSummary>>(
      summarise(registers(core)));
  for (auto& [site, plan] : core.assigner->sites()) {
    if (!Bounds::admits(bounds.name, site) || !Bounds::admits(bounds.site, site)) continue;
    list.add("site", "", site, [&core, summaries, site = site](schema::Item::Builder item) {
      fillSite(item, core, site, (*summaries)[site]);
    });
  }
}

struct AppTargets {
  std::vector<std::string> sites;
};

void fillApplication(schema::Item::Builder item, const RegionCore& core, const std::string& key,
                     const AppTargets& targets, uint32_t ended) {
  auto to = item.initStatus().initApplication();
  auto there = appsAtSites(registers(core));
  auto summaries = summarise(registers(core));
  to.setSites(targets.sites.size());
  auto list = to.initTargets(targets.sites.size());
  for (size_t i = 0; i < targets.sites.size(); ++i) {
    auto& app = there[targets.sites[i]][key];
    list[i].setSite(targets.sites[i]);
    list[i].setOnline(summaries[targets.sites[i]].online);
    list[i].setVerdict(app.verdict);
    list[i].setReason(app.reason);
    list[i].setCurrent(app.verdict == "accepted" || app.verdict == "blocked");
    list[i].setHealthy(app.healthy());
  }
  Bounds bounds;
  bounds.tenant = key.substr(0, key.find('/'));
  bounds.app = key.substr(key.find('/') + 1);
  auto counts = countStates(bounds, registers(core));
  writeCounts(counts, to.initCounts(counts.size()));
  to.setEndedLastHour(ended);
}

void addApplications(ItemList& list, const Bounds& bounds, RegionCore& core) {
  auto rollups = core.rollups();
  std::map<std::string, AppTargets> apps;
  for (auto& [site, plan] : core.assigner->sites()) {
    if (!Bounds::admits(bounds.site, site)) continue;
    for (auto& app : core.assigner->meant(site)) apps[app].sites.push_back(site);
  }
  for (auto& [key, targets] : apps) {
    auto tenant = key.substr(0, key.find('/')), name = key.substr(key.find('/') + 1);
    if (!Bounds::admits(bounds.tenant, tenant) || !Bounds::admits(bounds.name, name)) continue;
    list.add("application", tenant, name, [&core, key = key, targets = targets,
                                           ended = rollups[key].ended()](
                                              schema::Item::Builder item) {
      fillApplication(item, core, key, targets, ended);
    });
  }
}

// `TENANT/APP`, without a tenant the only one that has it here.
Refusals resolve(const RegionCore& core, const std::string& tenant, const std::string& app,
                 std::string& key) {
  std::set<std::string> tenants;
  for (auto& [site, plan] : core.assigner->sites()) {
    for (auto& assigned : core.assigner->meant(site)) {
      auto slash = assigned.find('/');
      bool isAsked = assigned.substr(slash + 1) == app &&
                     Bounds::admits(tenant, assigned.substr(0, slash));
      if (isAsked) tenants.insert(assigned.substr(0, slash));
    }
  }
  if (tenants.empty()) return {notFound("application", app)};
  key = *tenants.begin() + "/" + app;
  if (tenants.size() == 1) return {};
  return {ambiguous(app, {tenants.begin(), tenants.end()})};
}

void addPending(ItemList& list, const Bounds& bounds, const RegionCore& core) {
  registers(core)([&](const std::string& site, const std::string& key, const Bytes& value) {
    addWaiting(list, bounds, core.self.name, site, key, value);
  });
}

Refusal kindNotHere(const std::string& kind) {
  Refusal refusal;
  refusal.reason = "kind-unknown";
  refusal.message = "a region has no kind '" + kind + "'";
  refusal.hint = "sites, hosts, applications, instances, pending, users, roles; the rest is "
                 "central's";
  return refusal;
}

}  // namespace

RegionCore& RegionAdmin::core() {
  KJ_IF_MAYBE(core, current.get()) return *core;
  kj::throwFatalException(KJ_EXCEPTION(OVERLOADED,
      "the region's disk failed a write and its store is being reopened; its sites run on, try "
      "again in a moment"));
}

kj::Promise<void> RegionAdmin::status(StatusContext context) {
  auto& core = this->core();
  auto status = context.getResults().initStatus();
  status.setTier("region");
  status.setName(core.self.name);
  status.setVersion(SKERRY_VERSION);
  auto uplink = status.initUplink();
  uplink.setParent("central");
  uplink.setOnline(core.parent->online());
  uplink.setSince(timeOrEmpty(core.parent->sinceMs()));
  uplink.setLastError(core.parent->dialling().lastError);
  auto sites = status.initSites();
  auto summaries = summarise(registers(core));
  for (auto& [site, plan] : core.assigner->sites()) {
    auto& summary = summaries[site];
    if (summary.online) sites.setOnline(sites.getOnline() + 1);
    else if (summary.heard) sites.setOffline(sites.getOffline() + 1);
    else sites.setPending(sites.getPending() + 1);
  }
  status.setApplications(core.assigner->applications());
  writeLastHour(core.rollups(), status);
  auto counts = countStates(Bounds(), registers(core));
  writeCounts(counts, status.initInstances(counts.size()));
  auto& head = core.headRelay->newest();
  if (head) status.setAuthorityAsOf(printTime(head->timeMs));
  auto waiting = waitingHosts(registers(core));
  auto cutOff = core.headRelay->finding();
  auto findings = status.initFindings(!waiting.empty() + !cutOff.empty());
  if (!waiting.empty()) {
    findings[0].setText(waiting);
    findings[0].setNext("skerry get pending");
  }
  if (!cutOff.empty()) findings[findings.size() - 1].setText(cutOff);
  status.setAsOfMs(host.clock.wallMs());
  return kj::READY_NOW;
}

kj::Promise<void> RegionAdmin::get(GetContext context) {
  auto& core = this->core();
  auto query = context.getParams().getQuery();
  auto kind = text(query.getKind());
  Bounds bounds(query);
  ItemList list;
  auto results = context.getResults();
  auto selector = parseSelector(text(query.getSelector()));
  if (!selector.ok()) {
    refuse(results, {badSelector(selector.errors[0])});
    return kj::READY_NOW;
  }
  if (kind == "site") addSites(list, bounds, core);
  else if (kind == "host") addHosts(list, bounds, registers(core));
  else if (kind == "instance") addInstances(list, bounds, registers(core));
  else if (kind == "application") addApplications(list, bounds, core);
  else if (kind == "pending") addPending(list, bounds, core);
  else if (kind == "user") addUsers(list, bounds, core.people);
  else if (kind == "role") addRoles(list, bounds);
  else {
    refuse(results, {kindNotHere(kind)});
    return kj::READY_NOW;
  }
  if (!bounds.name.empty() && kind != "instance" && list.size() == 0) {
    refuse(results, {notFound(kind, bounds.name)});
    return kj::READY_NOW;
  }
  list.keep(selector.selector, [&](const std::string& site) {
    auto plan = core.assigner->sites().find(site);
    return plan == core.assigner->sites().end() ? Labels() : plan->second.labels;
  }, host.clock.wallMs());
  list.write(results.initItems(list.size()));
  results.setAsOfMs(host.clock.wallMs());
  return kj::READY_NOW;
}

kj::Promise<void> RegionAdmin::approveHost(ApproveHostContext context) {
  auto params = context.getParams();
  return core().approve(text(params.getId()), text(params.getSite()), text(params.getName()))
      .then([context](Refusals&& refusals) mutable { refuse(context.getResults(), refusals); });
}

kj::Promise<void> RegionAdmin::logs(LogsContext context) {
  context.allowCancellation();
  auto params = context.getParams();
  auto asked = kj::heap<capnp::MallocMessageBuilder>();
  asked->setRoot(params.getQuery());
  auto query = asked->getRoot<schema::LogQuery>();
  auto site = text(query.getSite()), app = text(query.getApp());
  Refusals refusals;
  std::string key;
  if (!site.empty() && !core().assigner->sites().contains(site)) {
    refusals.push_back(notFound("site", site));
  } else if (!app.empty() || site.empty()) {
    refusals = resolve(core(), text(query.getTenant()), app, key);
  }
  if (refusals.empty()) refusals = badPattern(text(query.getGrep()));
  if (!refusals.empty()) {
    refuse(context.getResults(), refusals);
    return kj::READY_NOW;
  }
  if (!key.empty()) query.setTenant(key.substr(0, key.find('/')));
  return core().logs(query, params.getSink()).attach(kj::mv(asked))
      .then([context](kj::Array<kj::String>&& missing) mutable {
    auto list = context.getResults().initMissing(missing.size());
    for (size_t i = 0; i < missing.size(); ++i) list.set(i, missing[i]);
  });
}

kj::Promise<void> RegionAdmin::why(WhyContext context) {
  auto& core = this->core();
  auto params = context.getParams();
  auto site = text(params.getSite());
  std::string key;
  auto refusals = core.assigner->sites().contains(site)
      ? resolve(core, text(params.getTenant()), text(params.getApp()), key)
      : Refusals{notFound("site", site)};
  if (!refusals.empty()) {
    refuse(context.getResults(), refusals);
    return kj::READY_NOW;
  }
  bool assigned = core.assigner->read(site, "app/" + key) != std::nullopt;
  auto app = appsAtSites(registers(core))[site][key];
  Bounds bounds;
  bounds.tenant = key.substr(0, key.find('/'));
  bounds.app = text(params.getApp());
  bounds.site = site;
  auto idle = whatIsAmiss(bounds, registers(core));
  auto findings = context.getResults().initFindings(2 + idle.size());
  findings[0].setGood(assigned);
  auto leftOut = core.assigner->leftOut(site, "app/" + key);
  findings[0].setText(assigned ? "this region assigns it to the site"
                      : "this region does not assign it to the site: " +
                            (leftOut ? leftOut->reason : "the labels do not match"));
  findings[1].setGood(app.healthy());
  findings[1].setText(!app.spoke ? "the site has not reported about it"
                      : "the site says: " + app.verdict +
                            (app.reason.empty() ? "" : ", " + app.reason) + "; " +
                            std::to_string(app.running) + " of " +
                            std::to_string(app.instances) + " instances run");
  for (size_t i = 0; i < idle.size(); ++i) findings[2 + i].setText(idle[i]);
  return kj::READY_NOW;
}

kj::Promise<void> RegionAdmin::changed(ChangedContext context) {
  context.allowCancellation();
  auto& core = this->core();
  if (context.getParams().getSince() != core.changes.count()) {
    context.getResults().setVersion(core.changes.count());
    return kj::READY_NOW;
  }
  auto late = host.timer.afterDelay(schema::Admin::CHANGED_WAIT_MS * kj::MILLISECONDS);
  return core.changes.next().exclusiveJoin(kj::mv(late)).then([this, context]() mutable {
    context.getResults().setVersion(this->core().changes.count());
  });
}

}  // namespace skerry
