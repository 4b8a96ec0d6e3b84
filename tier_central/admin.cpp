#include "tier_central/admin.h"
#include "shared/daemon/line_watch.h"
#include "shared/model/head.h"
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
  return {ambiguous(name.second, tenants)};
}

int64_t oldestKnowledgeMs(const CentralCore& core) {
  auto oldest = core.host.clock.wallMs();
  for (auto& [name, child] : core.children) {
    if (!child->online() && child->sinceMs() != 0) oldest = std::min(oldest, child->sinceMs());
  }
  return oldest;
}

namespace {

constexpr size_t STALE_SITES_SHOWN_MAX = 20, BLOCKED_SHOWN_MAX = 20;
constexpr int64_t ARRIVAL_MS = 10 * 60 * 1'000;  // what came meanwhile has reached who is back

}  // namespace

std::vector<std::string> staleSites(const CentralCore& core,
                                    const std::map<std::string, SiteSummary>& summaries) {
  std::vector<std::string> findings;
  auto nowMs = core.host.clock.wallMs();
  for (auto& [name, summary] : summaries) {
    auto site = core.registry.sites.find(name);
    if (site == core.registry.sites.end() || !summary.online) continue;
    auto region = core.children.find(site->second.region);
    if (region == core.children.end() || !region->second->online()) continue;
    auto hereMs = nowMs - std::max(summary.sinceMs, region->second->sinceMs());
    auto stale = stalenessOf(summary.headTimeMs == 0 ? hereMs : nowMs - summary.headTimeMs);
    if (stale.empty() || hereMs < ARRIVAL_MS) continue;
    if (findings.size() == STALE_SITES_SHOWN_MAX) return findings;
    findings.push_back("site " + name + ": " + stale);
  }
  return findings;
}

std::string whenAndWhy(const BlockWord& block) {
  return "since " + printTime(block.sinceMs) + (block.reason.empty() ? "" : ": " + block.reason);
}

std::vector<std::pair<std::string, std::string>> blockedObjects(const Registry& registry) {
  std::vector<std::pair<std::string, std::string>> lines;
  auto add = [&](const std::string& what, const BlockWord& block) {
    if (lines.size() == BLOCKED_SHOWN_MAX) return;
    lines.push_back({what + " is blocked " + whenAndWhy(block), "skerry unblock " + what});
  };
  for (auto& [name, tenant] : registry.tenants) {
    if (tenant.block) add("tenant " + name, *tenant.block);
  }
  for (auto& [name, site] : registry.sites) {
    if (site.block) add("site " + name, *site.block);
    for (auto& [host, block] : site.blockedHosts) add("host " + name + "/" + host, block);
  }
  return lines;
}

kj::Promise<void> CentralAdmin::status(StatusContext context) {
  auto& core = this->core();
  auto status = context.getResults().initStatus();
  status.setTier("central");
  status.setName(core.fleet);
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
  writeLastHour(rollups(core), status);
  status.setApplications(core.registry.applications.size());
  auto counts = countStates(Bounds(), registers(core));
  writeCounts(counts, status.initInstances(counts.size()));
  auto lines = blockedObjects(core.registry);
  for (auto& stale : staleSites(core, summaries)) {
    lines.push_back({stale, "skerry get sites -o wide"});
  }
  auto waiting = waitingHosts(registers(core));
  if (!waiting.empty()) lines.push_back({waiting, "skerry get pending"});
  auto findings = status.initFindings(lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    findings[i].setText(lines[i].first);
    findings[i].setNext(lines[i].second);
  }
  status.setAsOfMs(oldestKnowledgeMs(core));
  return kj::READY_NOW;
}

// What a query for lines names must be there; without a tenant, the only one that has it.
Refusals whoseLogs(const CentralCore& core, schema::LogQuery::Reader query, TenantAndName& name) {
  auto site = text(query.getSite());
  if (!site.empty() && !core.registry.sites.contains(site)) return {notFound("site", site)};
  if (name.second.empty() && !site.empty()) return {};
  if (name.first.empty()) return resolveTenant(core, name);
  if (!core.registry.applications.contains(name)) return {notFound("application", name.second)};
  return {};
}

kj::Promise<void> CentralAdmin::logs(LogsContext context) {
  context.allowCancellation();
  auto& core = this->core();
  auto params = context.getParams();
  auto query = params.getQuery();
  TenantAndName name{text(query.getTenant()), text(query.getApp())};
  auto site = core.registry.sites.find(text(query.getSite()));
  auto refusals = whoseLogs(core, query, name);
  if (refusals.empty()) refusals = badPattern(text(query.getGrep()));
  if (!refusals.empty()) {
    refuse(context.getResults(), refusals);
    return kj::READY_NOW;
  }
  auto missing = kj::refcounted<Missing>();
  kj::Vector<kj::Promise<void>> asked;
  for (auto& [region, child] : core.children) {
    if (site != core.registry.sites.end() && site->second.region != region) continue;
    if (query.getRegion().size() > 0 && query.getRegion() != region.c_str()) continue;
    KJ_IF_MAYBE(down, child->downlink()) {
      auto request = down->logsRequest();
      request.setQuery(query);
      request.getQuery().setTenant(name.first);
      auto watch = kj::refcounted<LineWatch>(host.timer, params.getSink(), REGION_SILENCE_MAX);
      request.setSink(query.getFollow() ? params.getSink() : watch->sink());
      auto answered = request.send().then([missing = kj::addRef(*missing)](auto&& answer) mutable {
        for (auto site : answer.getMissing()) missing->sites.push_back(text(site));
      });
      if (!query.getFollow()) answered = watch->bound(kj::mv(answered));
      asked.add(answered.catch_(
          [missing = kj::addRef(*missing), region = region](kj::Exception&&) mutable {
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
  if (since != core.changes.count()) {
    context.getResults().setVersion(core.changes.count());
    return kj::READY_NOW;
  }
  auto late = host.timer.afterDelay(schema::Admin::CHANGED_WAIT_MS * kj::MILLISECONDS);
  return core.changes.next().exclusiveJoin(kj::mv(late)).then([this, context]() mutable {
    context.getResults().setVersion(this->core().changes.count());
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
  if (site.block) add(false, printBlock("site " + siteName, *site.block));
  auto& tenant = core.registry.tenants.at(name.first);
  if (tenant.block) add(false, printBlock("tenant " + name.first, *tenant.block));
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
    Bounds bounds;
    bounds.tenant = name.first;
    bounds.app = name.second;
    bounds.site = siteName;
    for (auto& text : whatIsAmiss(bounds, registers(core))) add(false, text);
  }
  return findings;
}

}  // namespace skerry
