// Showing: get.
#include "shared/model/encoded.h"
#include "shared/model/selector.h"
#include "tier_central/admin.h"
#include "tier_central/quota_use.h"

namespace skerry {
namespace {

void fillRegion(schema::Item::Builder item, CentralCore& core, const std::string& name) {
  auto& region = core.registry.regions.at(name);
  Decoded<schema::Region> manifest(region.manifest);
  item.initSpec().setRegion(manifest.get());
  item.setSet(region.set);
  auto to = item.initStatus().initRegion();
  to.setJoined(region.joined());
  to.setAddress(region.address);
  if (!region.address.empty()) to.setHome(region.address + "#" + core.rootPin());
  uint32_t sites = 0;
  for (auto& [site, object] : core.registry.sites) sites += object.region == name;
  to.setSites(sites);
  auto child = core.children.find(name);
  if (child == core.children.end()) return;
  to.setOnline(child->second->online());
  to.setVersion(child->second->version());
  if (!child->second->online()) to.setOfflineSince(timeOrEmpty(child->second->sinceMs()));
}

void writeQuotas(const Registry& registry, const std::string& name, const TenantObject& tenant,
                 schema::TenantView::Builder to) {
  if (!tenant.quota.isBounded()) return;
  Amounts used;
  for (auto& [region, use] : useOf(registry, name)) used += use.demand;
  std::vector<Resource> bounded;
  for (auto resource : RESOURCES) {
    if (tenant.quota[resource]) bounded.push_back(resource);
  }
  auto list = to.initQuotas(bounded.size());
  for (size_t i = 0; i < bounded.size(); ++i) {
    list[i].setTenant(name);
    list[i].setResource(nameOf(bounded[i]));
    list[i].setUsed(printAmount(bounded[i], used[bounded[i]]));
    list[i].setQuota(printAmount(bounded[i], *tenant.quota[bounded[i]]));
  }
}

void fillTenant(schema::Item::Builder item, const CentralCore& core, const std::string& name) {
  auto& tenant = core.registry.tenants.at(name);
  Decoded<schema::Tenant> manifest(tenant.manifest);
  item.initSpec().setTenant(manifest.get());
  item.setSet(tenant.set);
  auto to = item.initStatus().initTenant();
  uint32_t applications = 0;
  for (auto& [app, object] : core.registry.applications) applications += app.first == name;
  to.setApplications(applications);
  writeQuotas(core.registry, name, tenant, to);
  if (tenant.block) to.setBlocked(whenAndWhy(*tenant.block));
}

void fillSite(schema::Item::Builder item, const SiteObject& site, const SiteSummary& summary) {
  Decoded<schema::Site> manifest(site.manifest);
  item.initSpec().setSite(manifest.get());
  auto to = item.initStatus().initSite();
  to.setRegion(site.region);
  to.setJoined(summary.heard || summary.hosts > 0);
  to.setOnline(summary.online);
  if (!summary.online) to.setOfflineSince(timeOrEmpty(summary.sinceMs));
  to.setHosts(summary.hosts);
  to.setInstances(summary.instances);
  to.setRunning(summary.running);
  to.setVersion(summary.version);
  to.setAuthorityAsOf(timeOrEmpty(summary.headTimeMs));
  item.setSet(site.set);
  if (site.block) to.setBlocked(whenAndWhy(*site.block));
}

// Central's word about a host that was reported.
void markBlocked(schema::Item::Builder item, const Registry& registry) {
  auto to = item.getStatus().getHost();
  auto site = registry.sites.find(text(to.getSite().asReader()));
  if (site == registry.sites.end()) return;
  auto block = site->second.blockedHosts.find(
      text(item.getName().asReader()).substr(site->first.size() + 1));
  if (block != site->second.blockedHosts.end()) to.setBlocked(whenAndWhy(block->second));
}

struct Reports {
  Rollups rollups;
  std::map<std::string, SiteSummary> sites;
  std::map<std::string, std::map<std::string, AppAtSite>> apps;
};

void fillTargets(schema::ApplicationView::Builder to, CentralCore& core,
                 const ApplicationObject& app, const std::string& key, Reports& reports) {
  auto selector = parseSelector(app.selector);
  std::vector<std::string> sites;
  for (auto& [name, site] : core.registry.sites) {
    if (selector.selector.matches(site.labels)) sites.push_back(name);
  }
  to.setSites(sites.size());
  auto targets = to.initTargets(sites.size());
  for (size_t i = 0; i < sites.size(); ++i) {
    auto& there = reports.apps[sites[i]][key];
    targets[i].setSite(sites[i]);
    targets[i].setOnline(reports.sites[sites[i]].online);
    targets[i].setVerdict(there.verdict);
    targets[i].setReason(there.reason);
    bool current = AuthoritySeq{there.era, there.seq} >= app.intentSeq;
    targets[i].setCurrent(there.spoke && current);
    targets[i].setHealthy(there.spoke && current && there.healthy());
  }
}

void fillApplication(schema::Item::Builder item, CentralCore& core, const TenantAndName& name,
                     Reports& reports) {
  auto& app = core.registry.applications.at(name);
  Decoded<schema::Application> manifest(app.manifest);
  item.initSpec().setApplication(manifest.get());
  item.setSet(app.set);
  auto to = item.initStatus().initApplication();
  to.setRevision(app.allowed.front().hex().substr(0, 12));
  to.setEra(std::to_string(app.intentSeq.era));
  to.setSeq(std::to_string(app.intentSeq.n));
  fillTargets(to, core, app, name.first + "/" + name.second, reports);
  Bounds bounds;
  bounds.tenant = name.first;
  bounds.app = name.second;
  auto counts = countStates(bounds, registers(core));
  writeCounts(counts, to.initCounts(counts.size()));
  to.setEndedLastHour(reports.rollups[name.first + "/" + name.second].ended());
}

void fillToken(schema::Item::Builder item, const CentralCore& core, const std::string& id,
               const TokenObject& token) {
  auto to = item.initStatus().initToken();
  to.setTarget(token.kind + "/" + token.name);
  to.setExpires(printTime(token.expiresMs));
  to.setState(isUsed(core, id, token) ? "used" : token.revoked ? "revoked"
              : token.expiresMs <= core.host.clock.wallMs() ? "expired" : "unused");
}

class Answer {
public:
  Answer(CentralCore& core, schema::Query::Reader query)
      : core(core), bounds(query), region(text(query.getRegion())),
        selector(parseSelector(text(query.getSelector()))) {}

  Refusals collect(const std::string& kind) {
    if (!selector.ok()) return {badSelector(selector.errors[0])};
    if (kind == "tenant") tenants();
    else if (kind == "region") regions();
    else if (kind == "site") sites();
    else if (kind == "application") applications();
    else if (kind == "token") tokens();
    else if (kind == "pending") pending();
    else if (kind == "user") addUsers(list, bounds, core.registry.people);
    else if (kind == "role") addRoles(list, bounds);
    else if (kind == "host") hosts();
    else if (kind == "instance") addInstances(list, bounds, registersOfMine());
    else return {unknownKind(kind)};
    bool named = !bounds.name.empty() && kind != "instance";
    if (named && list.size() == 0) return {notFound(kind, bounds.name)};
    list.keep(selector.selector, [this](const std::string& site) { return labelsOfSite(site); },
              core.host.clock.wallMs());
    return {};
  }
  ItemList list;

private:
  static Refusal unknownKind(const std::string& kind) {
    Refusal refusal;
    refusal.reason = "kind-unknown";
    refusal.message = "this tier has no kind '" + kind + "'";
    refusal.hint = "tenants, regions, sites, hosts, applications, instances, tokens, pending, "
                   "users, roles";
    return refusal;
  }
  bool isMine(const SiteObject& site) const { return Bounds::admits(region, site.region); }
  Labels labelsOfSite(const std::string& site) const {
    auto found = core.registry.sites.find(site);
    return found == core.registry.sites.end() ? Labels() : found->second.labels;
  }
  // Some application of the name in `--app` is meant for the site.
  bool isForApp(const SiteObject& site) const {
    if (bounds.app.empty()) return true;
    for (auto& [name, app] : core.registry.applications) {
      bool isAsked = name.second == bounds.app && Bounds::admits(bounds.tenant, name.first);
      if (isAsked && parseSelector(app.selector).selector.matches(site.labels)) return true;
    }
    return false;
  }
  // The application is meant for a site of the query's region, or for its site.
  bool isForSites(const ApplicationObject& app) const {
    if (bounds.site.empty() && region.empty()) return true;
    auto meant = parseSelector(app.selector);
    for (auto& [name, site] : core.registry.sites) {
      bool isAsked = Bounds::admits(bounds.site, name) && isMine(site);
      if (isAsked && meant.selector.matches(site.labels)) return true;
    }
    return false;
  }
  // Of whom a token lets in.
  bool isOfSites(const TokenObject& token) const {
    auto site = core.registry.sites.find(token.name);
    if (token.kind == "region" || site == core.registry.sites.end()) {
      return bounds.site.empty() && Bounds::admits(region, token.name);
    }
    return Bounds::admits(bounds.site, token.name) && isMine(site->second);
  }
  // Registers of the sites that the query's region leaves.
  Registers registersOfMine() {
    return [this](const RegisterVisitor& visit) {
      registers(core)([&](const std::string& site, const std::string& key, const Bytes& value) {
        auto found = core.registry.sites.find(site);
        if (found != core.registry.sites.end() && isMine(found->second)) visit(site, key, value);
      });
    };
  }
  void tenants() {
    for (auto& [name, tenant] : core.registry.tenants) {
      if (!Bounds::admits(bounds.name, name)) continue;
      list.add("tenant", "", name, [this, name = name](schema::Item::Builder item) {
        fillTenant(item, core, name);
      });
    }
  }
  void regions() {
    for (auto& [name, object] : core.registry.regions) {
      if (!Bounds::admits(bounds.name, name) || !Bounds::admits(region, name)) continue;
      auto site = core.registry.sites.find(bounds.site);
      bool isOfSite = site != core.registry.sites.end() && site->second.region == name;
      if (!bounds.site.empty() && !isOfSite) continue;
      list.add("region", "", name, [this, name = name](schema::Item::Builder item) {
        fillRegion(item, core, name);
      });
    }
  }
  void sites() {
    auto summaries = std::make_shared<std::map<std::string, SiteSummary>>(
        summarise(registers(core)));
    for (auto& [name, site] : core.registry.sites) {
      if (!Bounds::admits(bounds.name, name) || !Bounds::admits(bounds.site, name) ||
          !isMine(site) || !isForApp(site)) continue;
      list.add("site", "", name,
               [&site = site, name = name, summaries](schema::Item::Builder item) {
        fillSite(item, site, (*summaries)[name]);
      });
    }
  }
  void hosts() {
    addHosts(list, bounds, registersOfMine());
    list.also([this](schema::Item::Builder item) { markBlocked(item, core.registry); });
  }
  void applications() {
    auto reports = std::make_shared<Reports>(
        Reports{rollups(core), summarise(registers(core)), appsAtSites(registers(core))});
    for (auto& [name, app] : core.registry.applications) {
      if (!Bounds::admits(bounds.tenant, name.first) || !Bounds::admits(bounds.name, name.second) ||
          !Bounds::admits(bounds.app, name.second) || !isForSites(app)) continue;
      list.add("application", name.first, name.second,
               [this, name = name, reports](schema::Item::Builder item) {
        fillApplication(item, core, name, *reports);
      });
    }
  }
  void tokens() {
    for (auto& [id, token] : core.registry.tokens) {
      if (!Bounds::admits(bounds.name, id) || !isOfSites(token)) continue;
      list.add("token", "", id, [this, id = id, &token = token](schema::Item::Builder item) {
        fillToken(item, core, id, token);
      });
    }
  }

  void pending() {
    for (auto& [name, child] : core.children) {
      if (!Bounds::admits(region, name)) continue;
      for (auto& [key, held] : child->mirror().all()) {
        auto slash = key.find('/');
        auto token = core.registry.tokens.find(key.substr(key.rfind('/') + 1));
        bool isApproved = token != core.registry.tokens.end() && token->second.callsHome &&
                          !token->second.revoked;
        addWaiting(list, bounds, name, key.substr(0, slash), key.substr(slash + 1), held.value,
                   isApproved);
      }
    }
  }

  CentralCore& core;
  Bounds bounds;
  std::string region;
  ParsedSelector selector;
};

}  // namespace

bool isUsed(const CentralCore& core, const std::string& id, const TokenObject& token) {
  if (token.usedBy) return true;
  auto site = core.registry.sites.find(token.name);
  if (token.kind != "site" || site == core.registry.sites.end()) return false;
  auto region = core.children.find(site->second.region);
  if (region == core.children.end()) return false;
  return region->second->mirror().find(token.name + "/token/" + id) != nullptr;
}

Rollups rollups(const CentralCore& core) {
  Rollups sums;
  for (auto& [region, child] : core.children) {
    auto& all = child->mirror().all();
    for (auto i = all.lower_bound(ROLLUP_PREFIX);
         i != all.end() && i->first.starts_with(ROLLUP_PREFIX); ++i) {
      sums[i->first.substr(std::string_view(ROLLUP_PREFIX).size())].merge(
          decodeRollup(view(i->second.value)));
    }
  }
  return sums;
}

Registers registers(const CentralCore& core) {
  return [&core](const RegisterVisitor& visit) {
    for (auto& [region, child] : core.children) {
      for (auto& [key, held] : child->mirror().all()) {
        if (key.starts_with(ROLLUP_PREFIX)) continue;
        auto slash = key.find('/');
        visit(key.substr(0, slash), key.substr(slash + 1), held.value);
      }
    }
  };
}

kj::Promise<void> CentralAdmin::get(GetContext context) {
  auto& core = this->core();
  auto query = context.getParams().getQuery();
  Answer answer(core, query);
  auto refusals = answer.collect(text(query.getKind()));
  auto results = context.getResults();
  if (!refusals.empty()) {
    refuse(results, refusals);
    return kj::READY_NOW;
  }
  answer.list.write(results.initItems(answer.list.size()));
  results.setAsOfMs(oldestKnowledgeMs(core));
  return kj::READY_NOW;
}

}  // namespace skerry
