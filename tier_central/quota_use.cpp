#include "tier_central/quota_use.h"
#include "shared/model/encoded.h"
#include "shared/model/quota_reader.h"
#include "shared/model/selector.h"

namespace skerry {
namespace {

constexpr size_t USERS_SHOWN_MAX = 10;

std::string str(capnp::Text::Reader from) { return std::string(from.begin(), from.size()); }

struct App {
  std::string selector;
  Amounts demand;
  int manifest = -1;  // of the request; -1: declared before
};
using Apps = std::map<std::string, App>;  // of one tenant

uint64_t countMatching(const std::string& selector, const std::vector<Labels>& sites) {
  auto parsed = parseSelector(selector);
  uint64_t count = 0;
  for (auto& labels : sites) count += parsed.selector.matches(labels);
  return count;
}

// What would be declared after a request, as far as quotas are concerned.
class Proposal {
public:
  Proposal(const Registry& registry, ManifestReaders manifests,
           const std::vector<ObjectName>& pruned)
      : registry(registry), manifests(manifests), pruned(pruned) {
    std::map<std::string, Labels> all;
    for (auto& [name, site] : registry.sites) all[name] = site.labels;
    for (size_t i = 0; i < manifests.size(); ++i) {
      if (manifests[i].isSite()) {
        auto name = str(manifests[i].getSite().getName());
        auto known = registry.sites.find(name);
        all[name] =
            labelsOf(manifests[i].getSite(),
                     known == registry.sites.end() ? Labels() : known->second.operatorLabels);
      } else if (manifests[i].isTenant()) {
        auto tenant = manifests[i].getTenant();
        touched[str(tenant.getName())] = int(i);
        quotas[str(tenant.getName())] = readQuota(tenant.getQuota());
      } else if (manifests[i].isApplication()) {
        touched.emplace(str(manifests[i].getApplication().getTenant()), -1);
      }
    }
    for (auto& object : pruned) {
      if (object.kind == "site") all.erase(object.name.second);
    }
    for (auto& [name, labels] : all) sites.push_back(std::move(labels));
  }

  // Tenants of the request with a quota after it, and their manifests, -1: not in it.
  std::map<std::string, int> tenants() const {
    std::map<std::string, int> bounded;
    for (auto& [name, manifest] : touched) {
      if (quotaAfter(name).isBounded()) bounded[name] = manifest;
    }
    return bounded;
  }
  Quota quotaBefore(const std::string& tenant) const {
    auto known = registry.tenants.find(tenant);
    return known == registry.tenants.end() ? Quota() : known->second.quota;
  }
  Quota quotaAfter(const std::string& tenant) const {
    auto declared = quotas.find(tenant);
    return declared == quotas.end() ? quotaBefore(tenant) : declared->second;
  }
  Apps appsBefore(const std::string& tenant) const {
    Apps apps;
    for (auto i = registry.applications.lower_bound({tenant, ""});
         i != registry.applications.end() && i->first.first == tenant; ++i) {
      apps[i->first.second] = {i->second.selector, i->second.demand};
    }
    return apps;
  }
  Apps appsAfter(const std::string& tenant) const {
    auto apps = appsBefore(tenant);
    for (auto& object : pruned) {
      if (object.kind == "application" && object.name.first == tenant)
        apps.erase(object.name.second);
    }
    for (size_t i = 0; i < manifests.size(); ++i) {
      if (!manifests[i].isApplication()) continue;
      auto app = manifests[i].getApplication();
      if (str(app.getTenant()) != tenant) continue;
      apps[str(app.getName())] = {str(app.getPlacement().getSites()), demandOf(app), int(i)};
    }
    return apps;
  }
  Amounts useOf(const App& app) const {
    return app.demand.times(countMatching(app.selector, sites));
  }
  Amounts useOf(const Apps& apps) const {
    Amounts use;
    for (auto& [name, app] : apps) use += useOf(app);
    return use;
  }
  uint64_t countSites(const App& app) const { return countMatching(app.selector, sites); }

private:
  const Registry& registry;
  ManifestReaders manifests;
  const std::vector<ObjectName>& pruned;
  std::map<std::string, int> touched;
  std::map<std::string, Quota> quotas;  // declared in the request
  std::vector<Labels> sites;  // after the request
};

Refusal overQuota(const std::string& tenant, int manifest, std::string path, std::string message,
                  std::string hint) {
  Refusal refusal;
  refusal.code = 6;
  refusal.reason = "quota";
  refusal.message = std::move(message);
  refusal.manifest = manifest;
  refusal.path = std::move(path);
  refusal.hint = std::move(hint);
  refusal.next = "skerry describe tenant " + tenant;
  return refusal;
}

// The greatest first.
std::string listUsers(const Proposal& proposal, const Apps& apps, Resource resource) {
  std::multimap<uint64_t, std::string, std::greater<>> users;
  for (auto& [name, app] : apps) {
    auto use = proposal.useOf(app)[resource];
    if (use == 0) continue;
    users.emplace(use, "application " + name + " " + printAmount(resource, use) + " at " +
                           std::to_string(proposal.countSites(app)) + " site(s)");
  }
  std::string list;
  size_t shown = 0;
  for (auto& [use, sentence] : users) {
    if (++shown > USERS_SHOWN_MAX) {
      return list + " and " + std::to_string(users.size() - USERS_SHOWN_MAX) + " more";
    }
    list += (list.empty() ? "" : ", ") + sentence;
  }
  return list;
}

class TenantCheck {
public:
  TenantCheck(const Proposal& proposal, const std::string& tenant, int manifest)
      : proposal(proposal),
        tenant(tenant),
        manifest(manifest),
        quotaBefore(proposal.quotaBefore(tenant)),
        quota(proposal.quotaAfter(tenant)),
        before(proposal.appsBefore(tenant)),
        after(proposal.appsAfter(tenant)) {}

  void run(Refusals& refusals) const {
    auto used = proposal.useOf(before), asked = proposal.useOf(after);
    for (auto resource : RESOURCES) {
      auto& bound = quota[resource];
      if (!bound || asked[resource] <= *bound) continue;
      auto& was = quotaBefore[resource];
      if (!was || *bound < *was)
        refusals.push_back(belowUse(resource, asked[resource]));
      else if (asked[resource] > used[resource]) {
        refusals.push_back(tooMuch(resource, used[resource], asked[resource]));
      }
    }
  }

private:
  Refusal belowUse(Resource resource, uint64_t asked) const {
    auto name = std::string(nameOf(resource));
    return overQuota(tenant, manifest, "quota." + name,
                     "a quota of " + name + " " + printAmount(resource, *quota[resource]) +
                         " is below the " + printAmount(resource, asked) + " that tenant '" +
                         tenant + "' uses: " + listUsers(proposal, after, resource),
                     "write at least " + printAmount(resource, asked) +
                         ", or delete or shrink some of these first");
  }
  Refusal tooMuch(Resource resource, uint64_t used, uint64_t asked) const {
    const std::string* who = nullptr;
    int index = -1;
    for (auto& [name, app] : after) {
      auto old = before.find(name);
      auto had = old == before.end() ? 0 : proposal.useOf(old->second)[resource];
      if (app.manifest < 0 || proposal.useOf(app)[resource] <= had) continue;
      who = &name;
      index = app.manifest;
      break;
    }
    return overQuota(tenant, index, "",
                     "application '" + (who == nullptr ? tenant : *who) + "' asks for " +
                         printAmount(resource, asked - used) + " " + nameOf(resource) +
                         " more than the " + printAmount(resource, used) + " in use; tenant '" +
                         tenant + "' has a quota of " + printAmount(resource, *quota[resource]),
                     "match fewer sites, declare lower limits, or have a global admin raise the "
                     "quota");
  }

  const Proposal& proposal;
  const std::string& tenant;
  int manifest;
  Quota quotaBefore, quota;
  Apps before, after;
};

// Under a quota of CPUs or memory what a service does not declare could not be counted.
void checkLimits(const Registry& registry, const Proposal& proposal, ManifestReaders manifests,
                 Refusals& refusals) {
  std::set<TenantAndName> asked;
  for (size_t i = 0; i < manifests.size(); ++i) {
    if (!manifests[i].isApplication()) continue;
    auto app = manifests[i].getApplication();
    auto tenant = str(app.getTenant());
    asked.insert({tenant, str(app.getName())});
    for (auto& path : undeclaredLimits(app, proposal.quotaAfter(tenant))) {
      Refusal refusal;
      refusal.reason = "limit-missing";
      refusal.message = "tenant '" + tenant + "' has a quota of " +
                        path.substr(path.rfind('.') + 1) + ", so this service has to say its limit";
      refusal.manifest = int(i);
      refusal.path = path;
      refusal.hint = path.ends_with("cpus") ? "add it, such as `cpus: \"0.5\"`"
                                            : "add it, such as `memory: 128M`";
      refusals.push_back(std::move(refusal));
    }
  }
  for (auto& [tenant, manifest] : proposal.tenants()) {
    if (manifest < 0) continue;
    for (auto i = registry.applications.lower_bound({tenant, ""});
         i != registry.applications.end() && i->first.first == tenant; ++i) {
      if (asked.contains(i->first)) continue;
      Decoded<schema::Application> app(i->second.manifest);
      auto paths = undeclaredLimits(app.get(), proposal.quotaAfter(tenant));
      if (paths.empty()) continue;
      refusals.push_back(overQuota(tenant, manifest,
                                   "quota." + paths[0].substr(paths[0].rfind('.') + 1),
                                   "application '" + i->first.second + "' does not say " +
                                       paths[0] + ", so what it uses could not be counted",
                                   "declare the limits of its services first"));
    }
  }
}

}  // namespace

std::map<std::string, RegionUse> useOf(const Registry& registry, const std::string& tenant) {
  std::map<std::string, RegionUse> regions;
  auto known = registry.tenants.find(tenant);
  for (auto& [name, region] : registry.regions) {
    auto& use = regions[name];
    if (known == registry.tenants.end()) continue;
    auto share = known->second.shares.find(name);
    if (share != known->second.shares.end()) use.share = share->second;
  }
  for (auto i = registry.applications.lower_bound({tenant, ""});
       i != registry.applications.end() && i->first.first == tenant; ++i) {
    auto parsed = parseSelector(i->second.selector);
    for (auto& [name, site] : registry.sites) {
      if (!parsed.selector.matches(site.labels)) continue;
      auto& use = regions[site.region];
      use.demand += i->second.demand;
      ++use.sites;
    }
  }
  return regions;
}

std::vector<QuotaChange> quotaChanges(const Registry& registry, ManifestReaders manifests,
                                      const std::vector<ObjectName>& pruned) {
  Proposal proposal(registry, manifests, pruned);
  std::vector<QuotaChange> changes;
  for (auto& [tenant, manifest] : proposal.tenants()) {
    changes.push_back({tenant, proposal.quotaAfter(tenant),
                       proposal.useOf(proposal.appsBefore(tenant)),
                       proposal.useOf(proposal.appsAfter(tenant))});
  }
  return changes;
}

Refusals checkQuotas(const Registry& registry, ManifestReaders manifests,
                     const std::vector<ObjectName>& pruned) {
  Refusals refusals;
  Proposal proposal(registry, manifests, pruned);
  checkLimits(registry, proposal, manifests, refusals);
  if (!refusals.empty()) return refusals;
  for (auto& [tenant, manifest] : proposal.tenants()) {
    TenantCheck(proposal, tenant, manifest).run(refusals);
  }
  return refusals;
}

}  // namespace skerry
