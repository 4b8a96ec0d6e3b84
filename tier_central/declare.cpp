#include "tier_central/declare.h"
#include "capnp/authority.capnp.h"
#include "shared/model/application.h"
#include "shared/model/encoded.h"
#include "shared/model/quota_reader.h"
#include "tier_central/orders.h"
#include "tier_central/quota_use.h"
#include <algorithm>

namespace skerry {
namespace {

using schema::Manifest;

std::string str(capnp::Text::Reader from) { return std::string(from.begin(), from.size()); }

// The specification alone: where and how urgently it runs belongs to the intent.
Bytes revisionBody(schema::Application::Reader application) {
  capnp::MallocMessageBuilder message;
  auto revision = message.initRoot<schema::Revision>();
  revision.setTenant(application.getTenant());
  revision.setApp(application.getName());
  revision.setApplication(view(canonicalApplication(application)));
  return encode<schema::Revision>(revision);
}

Refusal unknown(int manifest, std::string kind, std::string name, std::string path) {
  Refusal refusal;
  refusal.code = 3;
  refusal.reason = "not-found";
  refusal.message = "there is no " + kind + " '" + name + "'";
  refusal.manifest = manifest;
  refusal.path = std::move(path);
  refusal.hint = "declare it in the same file or before: kind: " +
                 std::string(1, char(toupper(kind[0]))) + kind.substr(1) + ", name: " + name;
  return refusal;
}

Refusal tooLarge(int manifest, size_t bytes, bool isAlone) {
  Refusal refusal;
  refusal.reason = "too-large";
  refusal.message = "the specification has " + std::to_string(bytes) + " bytes; " +
                    (isAlone ? "one may have " + std::to_string(BLOB_BYTES_MAX)
                             : "all together may have " + std::to_string(BLOBS_BYTES_MAX));
  refusal.manifest = manifest;
  refusal.hint = isAlone ? "put large content into the image instead of the environment"
                         : "delete applications that nobody needs";
  return refusal;
}

Refusal inUse(std::string message, std::string next) {
  Refusal refusal;
  refusal.code = 6;
  refusal.reason = "in-use";
  refusal.message = std::move(message);
  refusal.hint = "delete those first, or all of it with --cascade";
  refusal.next = std::move(next);
  return refusal;
}

constexpr size_t DIGEST_DIGITS = 12;

std::string digestOf(const Bytes& manifest) {
  return sha256(view(manifest)).hex().substr(0, DIGEST_DIGITS);
}

// `to` names the object.
template <typename Map>
Declared compared(Declared to, const Map& map, const typename Map::key_type& name,
                  const Bytes& manifest) {
  auto found = map.find(name);
  to.after = digestOf(manifest);
  if (found != map.end()) to.before = digestOf(found->second.manifest);
  to.outcome = found == map.end() ? "created"
               : found->second.manifest == manifest ? "unchanged" : "changed";
  return to;
}

template <typename Map>
Declared deleted(Declared to, const Map& map, const typename Map::key_type& name) {
  to.before = digestOf(map.at(name).manifest);
  to.outcome = "deleted";
  return to;
}

}  // namespace

Refusals Declarations::check(Manifests manifests, const std::vector<ObjectName>& pruned) const {
  Refusals refusals;
  size_t newBytes = 0;
  std::set<std::string> tenants, regions;
  for (auto manifest : manifests) {
    if (manifest.isTenant()) tenants.insert(str(manifest.getTenant().getName()));
    if (manifest.isRegion()) regions.insert(str(manifest.getRegion().getName()));
  }
  for (size_t i = 0; i < manifests.size(); ++i) {
    if (manifests[i].isApplication()) {
      auto tenant = str(manifests[i].getApplication().getTenant());
      if (!registry.tenants.contains(tenant) && !tenants.contains(tenant)) {
        refusals.push_back(unknown(int(i), "tenant", tenant, "tenant"));
      }
      auto size = revisionBody(manifests[i].getApplication()).size();
      newBytes += size;
      if (size > BLOB_BYTES_MAX || blobs.size() + newBytes > BLOBS_BYTES_MAX) {
        refusals.push_back(tooLarge(int(i), size, size > BLOB_BYTES_MAX));
      }
    } else if (manifests[i].isSite()) {
      auto site = manifests[i].getSite();
      auto region = str(site.getRegion());
      if (!registry.regions.contains(region) && !regions.contains(region)) {
        refusals.push_back(unknown(int(i), "region", region, "region"));
      }
      auto known = registry.sites.find(str(site.getName()));
      if (known != registry.sites.end() && known->second.region != region) {
        Refusal refusal;
        refusal.code = 6;
        refusal.reason = "site-has-region";
        refusal.message = "site '" + str(site.getName()) + "' belongs to region '" +
                          known->second.region + "'; moving sites is not supported yet";
        refusal.manifest = int(i);
        refusal.path = "region";
        refusal.hint = "keep its region, or delete the site and declare it anew";
        refusals.push_back(std::move(refusal));
      }
    } else if (!manifests[i].isTenant() && !manifests[i].isRegion()) {
      Refusal refusal;
      refusal.reason = "kind-unknown";
      refusal.message = "this kind of object is not known to this version of central";
      refusal.manifest = int(i);
      refusal.hint = "use a client of the same version: skerry version";
      refusals.push_back(std::move(refusal));
    }
  }
  auto quotas = checkQuotas(registry, manifests, pruned);
  refusals.insert(refusals.end(), quotas.begin(), quotas.end());
  auto needed = checkPruning(registry, pruned, manifests);
  refusals.insert(refusals.end(), needed.begin(), needed.end());
  return refusals;
}

Declared Declarations::compare(Manifest::Reader manifest) const {
  switch (manifest.which()) {
    case Manifest::TENANT: {
      auto name = str(manifest.getTenant().getName());
      return compared({"tenant", "", name, ""}, registry.tenants, name,
                      encode<schema::Tenant>(manifest.getTenant()));
    }
    case Manifest::REGION: {
      auto name = str(manifest.getRegion().getName());
      return compared({"region", "", name, ""}, registry.regions, name,
                      encode<schema::Region>(manifest.getRegion()));
    }
    case Manifest::SITE: {
      auto name = str(manifest.getSite().getName());
      return compared({"site", "", name, ""}, registry.sites, name,
                      encode<schema::Site>(manifest.getSite()));
    }
    case Manifest::APPLICATION: {
      auto app = manifest.getApplication();
      TenantAndName name{str(app.getTenant()), str(app.getName())};
      return compared({"application", name.first, name.second, ""}, registry.applications, name,
                      encode<schema::Application>(app));
    }
    case Manifest::UNSPECIFIED: break;
  }
  KJ_FAIL_REQUIRE("an object of no kind was let through");
}

Declared Declarations::declare(Manifest::Reader manifest, Batch& rows, Touched& touched) {
  auto declared = compare(manifest);
  if (declared.outcome == "unchanged") return declared;
  switch (manifest.which()) {
    case Manifest::TENANT: declareTenant(manifest.getTenant(), rows, touched); break;
    case Manifest::REGION: declareRegion(manifest.getRegion(), rows); break;
    case Manifest::SITE: declareSite(manifest.getSite(), rows, touched); break;
    case Manifest::APPLICATION:
      declareApplication(manifest.getApplication(), rows, touched);
      break;
    case Manifest::UNSPECIFIED: break;
  }
  return declared;
}

void Declarations::declareTenant(schema::Tenant::Reader from, Batch& rows, Touched& touched) {
  auto name = str(from.getName());
  auto& tenant = registry.tenants[name];
  if (tenant.gen.empty()) tenant.gen = issuer.newLife();
  tenant.manifest = encode<schema::Tenant>(from);
  tenant.quota = readQuota(from.getQuota());
  if (!tenant.quota.isBounded()) {
    tenant.regionPolicies.clear();
    tenant.shares.clear();
  }
  signPolicies(name, tenant, rows, touched);
  unsettled.insert(name);
}

void Declarations::declareRegion(schema::Region::Reader from, Batch& rows) {
  auto name = str(from.getName());
  auto& region = registry.regions[name];
  if (region.gen.empty()) region.gen = issuer.newLife();
  region.manifest = encode<schema::Region>(from);
  registry.saveRegion(name, rows);
}

void Declarations::declareSite(schema::Site::Reader from, Batch& rows, Touched& touched) {
  auto name = str(from.getName());
  auto& site = registry.sites[name];
  site.manifest = encode<schema::Site>(from);
  site.region = str(from.getRegion());
  if (site.gen.empty()) site.gen = issuer.newLife();
  else movedSites.push_back(site.labels);
  site.labels = labelsOf(from, site.operatorLabels);
  movedSites.push_back(site.labels);
  site.record = issuer.siteRecord(name, site, rows);
  giveHome(name, site, rows, touched);
  registry.saveSite(name, rows);
  touched.in(site.region, siteKey(name));
}

void Declarations::giveHome(const std::string& name, SiteObject& site, Batch& rows,
                            Touched& touched) {
  auto& region = registry.regions[site.region];
  if (!region.joined() || site.homeKey == region.documentKey) return;
  site.homeKey = region.documentKey;
  ++site.homeGen;
  site.home = issuer.home(name, site, rows);
  touched.in(site.region, siteKey(name));
}

void Declarations::declareApplication(schema::Application::Reader from, Batch& rows,
                                      Touched& touched) {
  TenantAndName name{str(from.getTenant()), str(from.getName())};
  auto& app = registry.applications[name];
  if (app.gen.empty()) app.gen = issuer.newLife();
  app.manifest = encode<schema::Application>(from);
  app.selector = str(from.getPlacement().getSites());
  app.priority = from.getPriority();
  app.demand = demandOf(from);
  auto body = revisionBody(from);
  auto hash = sha256(view(body));
  auto known = std::find(app.allowed.begin(), app.allowed.end(), hash);
  if (known == app.allowed.end()) {
    app.revisions.insert(app.revisions.begin(), issuer.revision(name, view(body), rows));
    app.allowed.insert(app.allowed.begin(), hash);
    KJ_REQUIRE(blobs.put(hash, std::move(body), rows), "the specification is too large",
               name.second.c_str(), BLOB_BYTES_MAX);
  } else {
    auto at = known - app.allowed.begin();
    std::rotate(app.allowed.begin(), known, known + 1);
    std::rotate(app.revisions.begin(), app.revisions.begin() + at, app.revisions.begin() + at + 1);
  }
  if (app.allowed.size() > schema::Intent::ALLOWED_MAX) {
    app.allowed.resize(schema::Intent::ALLOWED_MAX);
    app.revisions.resize(schema::Intent::ALLOWED_MAX);
    sweepBlobs(rows);
  }
  app.intent = issuer.intent(name, app, rows);
  registry.saveApplication(name, rows);
  touched.everywhere.insert(appKey(name));
  unsettled.insert(name.first);
}

Refusals Declarations::checkRemoval(const std::string& kind, const TenantAndName& name,
                                                bool cascade) const {
  auto missing = [&] { return Refusals{notFound(kind, name.second)}; };
  std::string list;
  auto add = [&](const std::string& what) { list += (list.empty() ? "" : ", ") + what; };
  if (kind == "application") {
    return registry.applications.contains(name) ? Refusals{} : missing();
  }
  if (kind == "tenant") {
    if (!registry.tenants.contains(name.second)) return missing();
    for (auto& [app, object] : registry.applications) {
      if (app.first == name.second) add("application " + app.second);
    }
  } else if (kind == "region") {
    if (!registry.regions.contains(name.second)) return missing();
    for (auto& [site, object] : registry.sites) {
      if (object.region == name.second) add("site " + site);
    }
  } else if (kind == "site") {
    return registry.sites.contains(name.second) ? Refusals{} : missing();
  } else {
    Refusal refusal;
    refusal.reason = "kind-not-declared";
    refusal.message = "a " + kind + " is not declared, so it cannot be deleted";
    refusal.hint = "tenants, regions, sites and applications can";
    return {refusal};
  }
  if (list.empty() || cascade) return {};
  return {inUse(kind + " '" + name.second + "' still has: " + list,
                "skerry delete " + kind + " " + name.second + " --cascade --yes")};
}

std::vector<Declared> Declarations::remove(const std::string& kind, const TenantAndName& name,
                                           Batch& rows, Touched& touched) {
  std::vector<Declared> removed;
  if (kind == "application") {
    removed.push_back(deleted({kind, name.first, name.second, ""}, registry.applications, name));
    removeApplication(name, rows, touched);
  } else if (kind == "tenant") {
    std::vector<TenantAndName> apps;
    for (auto& [app, object] : registry.applications) {
      if (app.first == name.second) apps.push_back(app);
    }
    for (auto& app : apps) {
      removed.push_back(deleted({"application", app.first, app.second, ""},
                                registry.applications, app));
      removeApplication(app, rows, touched);
    }
    removeUsersOf(Scope::Of::TENANT, name.second, removed, rows, touched);
    removed.push_back(deleted({kind, "", name.second, ""}, registry.tenants, name.second));
    touched.ended.insert({policyKey(name.second), registry.tenants[name.second].gen});
    registry.tenants.erase(name.second);
    registry.saveTenant(name.second, rows);
    touched.everywhere.insert(policyKey(name.second));
  } else if (kind == "region") {
    std::vector<std::string> sites;
    for (auto& [site, object] : registry.sites) {
      if (object.region == name.second) sites.push_back(site);
    }
    for (auto& site : sites) {
      removed.push_back(deleted({"site", "", site, ""}, registry.sites, site));
      removeUsersOf(Scope::Of::SITE, site, removed, rows, touched);
      removeSite(site, rows, touched);
    }
    removeUsersOf(Scope::Of::REGION, name.second, removed, rows, touched);
    removed.push_back(deleted({kind, "", name.second, ""}, registry.regions, name.second));
    removeTokensOf("region", name.second, rows, touched);
    auto& device = registry.regions[name.second].deviceKey;
    if (device) registry.revoked.add(*device, rows);
    registry.regions.erase(name.second);
    registry.saveRegion(name.second, rows);
    regionsGone = true;
  } else {
    removeUsersOf(Scope::Of::SITE, name.second, removed, rows, touched);
    removed.push_back(deleted({kind, "", name.second, ""}, registry.sites, name.second));
    removeSite(name.second, rows, touched);
  }
  return removed;
}

// People whose scope is gone are nobody any more.
void Declarations::removeUsersOf(Scope::Of of, const std::string& name,
                                 std::vector<Declared>& removed, Batch& rows, Touched& touched) {
  std::vector<Person> gone;
  for (auto& [id, person] : registry.people.all()) {
    if (person.scope == Scope{of, name}) gone.push_back(person);
  }
  for (auto& person : gone) {
    removeUser(person.id(), rows, touched);
    removed.push_back({"user", person.tenant, person.name, "deleted"});
  }
}

void Declarations::removeUser(const std::string& id, Batch& rows, Touched& touched) {
  touched.ended.insert({userKey(id), registry.users[id].gen});
  registry.removeUser(id, rows);
  touched.everywhere.insert(userKey(id));
}

void Declarations::removeSite(const std::string& name, Batch& rows, Touched& touched) {
  touched.in(registry.sites[name].region, siteKey(name));
  removeTokensOf("site", name, rows, touched);
  movedSites.push_back(registry.sites[name].labels);
  touched.ended.insert({siteKey(name), registry.sites[name].gen});
  registry.sites.erase(name);
  registry.saveSite(name, rows);
}

void Declarations::removeApplication(const TenantAndName& name, Batch& rows, Touched& touched) {
  touched.ended.insert({appKey(name), registry.applications[name].gen});
  registry.applications.erase(name);
  sweepBlobs(rows);
  registry.saveApplication(name, rows);
  touched.everywhere.insert(appKey(name));
  unsettled.insert(name.first);
}

void Declarations::sweepBlobs(Batch& rows) {
  std::set<Hash> used;
  for (auto& [name, app] : registry.applications) {
    used.insert(app.allowed.begin(), app.allowed.end());
  }
  blobs.sweep([&](const Hash& hash) { return used.contains(hash) || arriving.contains(hash); },
              rows);
}

void Declarations::removeTokensOf(const std::string& kind, const std::string& name, Batch& rows,
                                  Touched& touched) {
  std::vector<std::string> gone;
  for (auto& [id, token] : registry.tokens) {
    if (token.kind == kind && token.name == name) gone.push_back(id);
  }
  for (auto& id : gone) {
    if (kind == "site") touched.in(registry.sites[name].region, tokenKey(id));
    registry.tokens.erase(id);
    registry.saveToken(id, rows);
  }
}

void Declarations::regionJoined(const std::string& name, const Hash& deviceKey,
                                BytesView documentKey, Batch& rows, Touched& touched) {
  auto& region = registry.regions.at(name);
  if (region.deviceKey && *region.deviceKey != deviceKey) {
    registry.revoked.add(*region.deviceKey, rows);
  }
  region.deviceKey = deviceKey;
  region.documentKey = copy(documentKey);
  registry.saveRegion(name, rows);
  for (auto& [siteName, site] : registry.sites) {
    if (site.region != name) continue;
    giveHome(siteName, site, rows, touched);
    registry.saveSite(siteName, rows);
  }
}

}  // namespace skerry
