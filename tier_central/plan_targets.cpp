#include "tier_central/plan_targets.h"
#include "shared/model/encoded.h"
#include "shared/model/quota_reader.h"
#include "shared/model/selector.h"

namespace skerry {
namespace {

std::string str(capnp::Text::Reader from) { return std::string(from.begin(), from.size()); }

struct SiteThen {
  std::string region;
  Labels labels;
  std::optional<Labels> before;  // none: it is new
  std::optional<BlockWord> block;
  bool isAsked = false;  // declared in the request
};
struct AppThen {
  Selector selector;
  std::optional<Selector> before;  // none: it is new
  Amounts demand;
  int32_t priority = 0;
  bool isAsked = false, isSame = true;
};

class Planner {
public:
  Planner(const Registry& registry, ManifestReaders manifests, const LeftOutTargets& leftOut)
      : registry(registry), leftOut(leftOut) {
    for (auto& [name, site] : registry.sites) {
      sites[name] = {site.region, site.labels, site.labels, site.block, false};
    }
    for (auto& [name, app] : registry.applications) {
      auto selector = parseSelector(app.selector).selector;
      apps[name] = {selector, selector, app.demand, app.priority, false, true};
    }
    for (auto manifest : manifests) {
      if (manifest.isSite()) take(manifest.getSite());
      if (manifest.isApplication()) take(manifest.getApplication());
      if (manifest.isTenant()) {
        quotas[str(manifest.getTenant().getName())] = readQuota(manifest.getTenant().getQuota());
      }
    }
  }

  std::vector<PlannedTarget> plan() {
    std::vector<PlannedTarget> targets;
    for (auto& [name, app] : apps) {
      for (auto& [site, then] : sites) {
        if (!app.isAsked && !then.isAsked) continue;
        bool now = app.selector.matches(then.labels), had = hadIt(app, then);
        bool isShown = app.isAsked ? now || had : now != had;
        if (!isShown) continue;
        auto action = !now ? "stop" : !had ? "start" : app.isSame ? "keep" : "change";
        targets.push_back({name, site, then.region, action, ""});
      }
    }
    for (auto& target : targets) judge(target);
    return targets;
  }

private:
  void take(schema::Site::Reader from) {
    auto& site = sites[str(from.getName())];
    site.region = str(from.getRegion());
    auto known = registry.sites.find(str(from.getName()));
    site.labels =
        labelsOf(from, known == registry.sites.end() ? Labels() : known->second.operatorLabels);
    site.isAsked = true;
  }
  void take(schema::Application::Reader from) {
    TenantAndName name{str(from.getTenant()), str(from.getName())};
    auto& app = apps[name];
    app.selector = parseSelector(str(from.getPlacement().getSites())).selector;
    app.demand = demandOf(from);
    app.priority = from.getPriority();
    app.isAsked = true;
    auto known = registry.applications.find(name);
    app.isSame = known != registry.applications.end() &&
                 known->second.manifest == encode<schema::Application>(from);
  }
  static bool hadIt(const AppThen& app, const SiteThen& site) {
    return app.before && site.before && app.before->matches(*site.before);
  }

  void judge(PlannedTarget& target) {
    if (target.action == "stop") return;
    auto& site = sites.at(target.site);
    auto tenant = registry.tenants.find(target.app.first);
    if (site.block)
      block(target, printBlock("site " + target.site, *site.block));
    else if (tenant != registry.tenants.end() && tenant->second.block) {
      block(target, printBlock("tenant " + target.app.first, *tenant->second.block));
    } else {
      auto& missing = missingOf(target.app.first);
      auto found = missing.find({target.site, target.app});
      if (found != missing.end()) block(target, noQuota(target.app.first, found->second));
    }
  }
  static void block(PlannedTarget& target, std::string reason) {
    target.action = "blocked";
    target.reason = std::move(reason);
  }

  using Missing = std::map<std::pair<std::string, TenantAndName>, Resource>;
  // What the regions will leave out of one tenant's targets, once they have their shares.
  const Missing& missingOf(const std::string& tenant) {
    auto known = missingByTenant.find(tenant);
    if (known != missingByTenant.end()) return known->second;
    auto& missing = missingByTenant[tenant];
    auto quota = quotaOf(tenant);
    if (!quota.isBounded()) return missing;
    std::map<std::string, RegionUse> uses;
    std::map<std::string, std::vector<QuotaTarget>> targets;
    std::map<std::string, std::vector<TenantAndName>> names;
    for (auto i = apps.lower_bound({tenant, ""}); i != apps.end() && i->first.first == tenant;
         ++i) {
      for (auto& [site, then] : sites) {
        if (!i->second.selector.matches(then.labels)) continue;
        bool isKept = hadIt(i->second, then) && !leftOut.contains({site, i->first});
        auto& use = uses[then.region];
        use.demand += i->second.demand;
        ++use.sites;
        targets[then.region].push_back(
            {i->first.second, site, i->second.priority, i->second.demand, isKept});
        names[then.region].push_back(i->first);
      }
    }
    for (auto& [region, use] : uses) use.share = shareOf(tenant, region);
    for (auto& [region, share] : allotShares(quota, uses)) {
      auto& inRegion = targets[region];
      auto judged = admit(share, inRegion);
      for (size_t i = 0; i < judged.size(); ++i) {
        if (judged[i]) missing[{inRegion[i].site, names[region][i]}] = *judged[i];
      }
    }
    return missing;
  }
  Quota quotaOf(const std::string& tenant) const {
    auto declared = quotas.find(tenant);
    if (declared != quotas.end()) return declared->second;
    auto known = registry.tenants.find(tenant);
    return known == registry.tenants.end() ? Quota() : known->second.quota;
  }
  Quota shareOf(const std::string& tenant, const std::string& region) const {
    auto known = registry.tenants.find(tenant);
    if (known == registry.tenants.end()) return {};
    auto share = known->second.shares.find(region);
    return share == known->second.shares.end() ? Quota() : share->second;
  }

  const Registry& registry;
  const LeftOutTargets& leftOut;
  std::map<std::string, SiteThen> sites;
  std::map<TenantAndName, AppThen> apps;
  std::map<std::string, Quota> quotas;
  std::map<std::string, Missing> missingByTenant;
};

}  // namespace

std::vector<PlannedTarget> plannedTargets(const Registry& registry, ManifestReaders manifests,
                                          const LeftOutTargets& leftOut) {
  return Planner(registry, manifests, leftOut).plan();
}

}  // namespace skerry
