#include "tier_central/admin.h"
#include "shared/model/selector.h"
#include <kj/debug.h>

namespace skerry {

CentralCore& CentralAdmin::core() {
  KJ_IF_MAYBE(core, current.get()) return *core;
  kj::throwFatalException(KJ_EXCEPTION(OVERLOADED,
      "central's disk failed a write and its store is being reopened; what was answered before is "
      "safe, try again in a moment; see: skerry-central doctor"));
}

// Of a name without a tenant: the only one that has it.
Refusals resolveTenant(const CentralCore& core, TenantAndName& name) {
  std::vector<std::string> tenants;
  for (auto& [app, object] : core.registry.applications) {
    if (app.second == name.second) tenants.push_back(app.first);
  }
  if (tenants.empty()) return {notFound("application", name.second)};
  if (tenants.size() == 1) {
    name.first = tenants[0];
    return {};
  }
  Refusal refusal;
  refusal.reason = "name-ambiguous";
  refusal.message = "several tenants have an application '" + name.second + "':";
  for (auto& tenant : tenants) refusal.message += " " + tenant;
  refusal.hint = "say which: -t TENANT";
  return {refusal};
}

int64_t oldestKnowledgeMs(const CentralCore& core) {
  auto oldest = core.host.clock.wallMs();
  for (auto& [name, child] : core.children) {
    if (!child->online() && child->sinceMs() != 0) oldest = std::min(oldest, child->sinceMs());
  }
  return oldest;
}

kj::Promise<void> CentralAdmin::status(StatusContext context) {
  auto& core = this->core();
  auto status = context.getResults().initStatus();
  status.setTier("central");
  status.setName("central");
  status.setVersion(SKERRY_VERSION);
  auto regions = status.initRegions();
  for (auto& [name, region] : core.registry.regions) {
    auto child = core.children.find(name);
    if (child == core.children.end() || child->second->sinceMs() == 0) {
      regions.setPending(regions.getPending() + 1);
    } else if (child->second->online()) {
      regions.setOnline(regions.getOnline() + 1);
    } else {
      regions.setOffline(regions.getOffline() + 1);
    }
  }
  auto summaries = summarise(registers(core));
  auto sites = status.initSites();
  for (auto& [name, site] : core.registry.sites) {
    auto& summary = summaries[name];
    if (!summary.heard) sites.setPending(sites.getPending() + 1);
    else if (summary.online) sites.setOnline(sites.getOnline() + 1);
    else sites.setOffline(sites.getOffline() + 1);
  }
  status.setApplications(core.registry.applications.size());
  auto counts = countStates(Bounds(), registers(core));
  writeCounts(counts, status.initInstances(counts.size()));
  status.setAsOfMs(oldestKnowledgeMs(core));
  return kj::READY_NOW;
}

kj::Promise<void> CentralAdmin::logs(LogsContext context) {
  context.allowCancellation();
  auto& core = this->core();
  auto params = context.getParams();
  auto query = params.getQuery();
  TenantAndName name{text(query.getTenant()), text(query.getApp())};
  if (name.first.empty()) {
    auto refusals = resolveTenant(core, name);
    if (!refusals.empty()) {
      refuse(context.getResults(), refusals);
      return kj::READY_NOW;
    }
  }
  auto missing = kj::refcounted<Missing>();
  kj::Vector<kj::Promise<void>> asked;
  for (auto& [region, child] : core.children) {
    KJ_IF_MAYBE(down, child->downlink()) {
      auto request = down->logsRequest();
      request.setQuery(query);
      request.getQuery().setTenant(name.first);
      request.setSink(params.getSink());
      asked.add(request.send().then([missing = kj::addRef(*missing)](auto&& answer) mutable {
        for (auto site : answer.getMissing()) missing->sites.push_back(text(site));
      }, [missing = kj::addRef(*missing), region = region](kj::Exception&&) mutable {
        missing->sites.push_back("region " + region);
      }));
    } else {
      missing->sites.push_back("region " + region);
    }
  }
  return kj::joinPromises(asked.releaseAsArray())
      .then([context, missing = kj::mv(missing)]() mutable {
    auto list = context.getResults().initMissing(missing->sites.size());
    for (size_t i = 0; i < missing->sites.size(); ++i) list.set(i, missing->sites[i]);
  });
}

kj::Promise<void> CentralAdmin::why(WhyContext context) {
  auto& core = this->core();
  auto params = context.getParams();
  TenantAndName name{text(params.getTenant()), text(params.getApp())};
  auto siteName = text(params.getSite());
  if (name.first.empty()) {
    auto refusals = resolveTenant(core, name);
    if (!refusals.empty()) {
      refuse(context.getResults(), refusals);
      return kj::READY_NOW;
    }
  }
  auto app = core.registry.applications.find(name);
  auto site = core.registry.sites.find(siteName);
  if (app == core.registry.applications.end() || site == core.registry.sites.end()) {
    refuse(context.getResults(), {app == core.registry.applications.end()
        ? notFound("application", name.second) : notFound("site", siteName)});
    return kj::READY_NOW;
  }
  auto findings = explain(core, app->second, name, siteName, site->second);
  auto list = context.getResults().initFindings(findings.size());
  for (size_t i = 0; i < findings.size(); ++i) {
    list[i].setGood(findings[i].good);
    list[i].setText(findings[i].text);
  }
  return kj::READY_NOW;
}

kj::Promise<void> CentralAdmin::changed(ChangedContext context) {
  context.allowCancellation();
  auto& core = this->core();
  auto since = context.getParams().getSince();
  if (since != core.changes) {
    context.getResults().setVersion(core.changes);
    return kj::READY_NOW;
  }
  auto late = host.timer.afterDelay(schema::Admin::CHANGED_WAIT_MS * kj::MILLISECONDS);
  return core.whenChanged().exclusiveJoin(kj::mv(late)).then([this, context]() mutable {
    context.getResults().setVersion(this->core().changes);
  });
}

// Every step from the selector to the instances, in order.
std::vector<WhyFinding> explain(const CentralCore& core, const ApplicationObject& app,
                                const TenantAndName& name, const std::string& siteName,
                                const SiteObject& site) {
  std::vector<WhyFinding> findings;
  auto add = [&](bool good, std::string text) { findings.push_back({good, std::move(text)}); };
  bool matches = parseSelector(app.selector).selector.matches(site.labels);
  add(matches, matches ? "the site's labels match: " + (app.selector.empty() ? "every site"
                                                                             : app.selector)
                       : "the site's labels do not match: " + app.selector);
  auto summary = summarise(registers(core))[siteName];
  add(summary.online, !summary.heard ? "the site has never been heard of"
                      : summary.online ? "the site is online"
                                       : "the site is offline since " + printTime(summary.sinceMs));
  auto there = appsAtSites(registers(core))[siteName][name.first + "/" + name.second];
  bool current = AuthoritySeq{there.era, there.seq} >= app.intentSeq;
  if (!there.spoke) {
    add(false, "the site has not reported about this application");
  } else {
    add(current && there.verdict == "accepted",
        "the site says of the " + std::string(current ? "newest" : "previous") + " orders: " +
            there.verdict + (there.reason.empty() ? "" : ", " + there.reason));
    add(there.healthy(), std::to_string(there.running) + " of " +
                             std::to_string(there.instances) + " instances run there");
  }
  return findings;
}

}  // namespace skerry
