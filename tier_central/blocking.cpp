// Blocks and operator labels: what an administrator says of an object beside its manifest.
#include "shared/model/encoded.h"
#include "tier_central/declare.h"
#include "tier_central/orders.h"

namespace skerry {
namespace {

Refusal hostForm(const std::string& name) {
  Refusal refusal;
  refusal.reason = "usage";
  refusal.message = "`" + name + "` does not name a host";
  refusal.hint = "write SITE/HOST, as in: skerry get hosts";
  refusal.next = "skerry get hosts";
  return refusal;
}

Refusal notBlockable(const std::string& kind) {
  Refusal refusal;
  refusal.reason = "kind-unknown";
  refusal.message = "a " + kind + " cannot be blocked";
  refusal.hint = "a tenant, a site or a host can";
  return refusal;
}

}  // namespace

Refusals Declarations::checkBlock(const std::string& kind, const std::string& name) const {
  if (kind == "tenant") {
    return registry.tenants.contains(name) ? Refusals{} : Refusals{notFound(kind, name)};
  }
  if (kind == "site") {
    return registry.sites.contains(name) ? Refusals{} : Refusals{notFound(kind, name)};
  }
  if (kind != "host") return {notBlockable(kind)};
  auto slash = name.find('/');
  if (slash == std::string::npos || slash + 1 == name.size()) return {hostForm(name)};
  auto site = name.substr(0, slash);
  return registry.sites.contains(site) ? Refusals{} : Refusals{notFound("site", site)};
}

Declared Declarations::block(const std::string& kind, const std::string& name,
                             const std::optional<BlockWord>& word, Batch& rows, Touched& touched) {
  Declared declared{kind, "", name, word ? "blocked" : "unblocked"};
  // Saying it again does not begin it anew.
  auto isSame = [&](const std::optional<BlockWord>& before) {
    return before.has_value() == word.has_value() && (!word || before->reason == word->reason);
  };
  if (kind == "tenant") {
    auto& tenant = registry.tenants.at(name);
    if (isSame(tenant.block)) return declared;
    tenant.block = word;
    signPolicies(name, tenant, rows, touched);
    return declared;
  }
  auto siteName = name.substr(0, name.find('/'));
  auto& site = registry.sites.at(siteName);
  if (kind == "site") {
    if (isSame(site.block)) return declared;
    site.block = word;
  } else {
    auto host = name.substr(siteName.size() + 1);
    auto known = site.blockedHosts.find(host);
    auto before =
        known == site.blockedHosts.end() ? std::nullopt : std::optional<BlockWord>(known->second);
    if (isSame(before)) return declared;
    if (word)
      site.blockedHosts[host] = *word;
    else
      site.blockedHosts.erase(host);
  }
  signSite(siteName, site, rows, touched);
  return declared;
}

Refusals Declarations::checkLabels(const std::string& name, const LabelChange& change) const {
  auto found = registry.sites.find(name);
  if (found == registry.sites.end()) return {notFound("site", name)};
  for (auto& key : change.remove) {
    bool isOperators = found->second.operatorLabels.contains(key);
    if (isOperators || !found->second.labels.contains(key)) continue;
    Refusal refusal;
    refusal.code = 6;
    refusal.reason = "declared";
    refusal.message = "label '" + key + "' of site '" + name + "' is its manifest's";
    refusal.hint = "remove it there and apply it, or set another value: skerry label site " + name +
                   " " + key + "=VALUE";
    return {refusal};
  }
  return {};
}

Declared Declarations::label(const std::string& name, const LabelChange& change, Batch& rows,
                             Touched& touched) {
  Declared declared{"site", "", name, "changed"};
  auto& site = registry.sites.at(name);
  auto labels = site.operatorLabels;
  for (auto& [key, value] : change.set) labels[key] = value;
  for (auto& key : change.remove) labels.erase(key);
  if (labels == site.operatorLabels) {
    declared.outcome = "unchanged";
    return declared;
  }
  site.operatorLabels = std::move(labels);
  movedSites.push_back(site.labels);
  Decoded<schema::Site> manifest(site.manifest);
  site.labels = labelsOf(manifest.get(), site.operatorLabels);
  movedSites.push_back(site.labels);
  signSite(name, site, rows, touched);
  return declared;
}

void Declarations::signSite(const std::string& name, SiteObject& site, Batch& rows,
                            Touched& touched) {
  site.record = issuer.siteRecord(name, site, rows);
  registry.saveSite(name, rows);
  touched.in(site.region, siteKey(name));
}

void Declarations::remember(const ObjectName& object, const std::string& set, Batch& rows) {
  auto& name = object.name.second;
  auto move = [&](std::string& of, auto&& save) {
    if (of == set) return;
    of = set;
    save();
  };
  if (object.kind == "tenant") {
    move(registry.tenants.at(name).set, [&] { registry.saveTenant(name, rows); });
  } else if (object.kind == "region") {
    move(registry.regions.at(name).set, [&] { registry.saveRegion(name, rows); });
  } else if (object.kind == "site") {
    move(registry.sites.at(name).set, [&] { registry.saveSite(name, rows); });
  } else if (object.kind == "application") {
    move(registry.applications.at(object.name).set,
         [&] { registry.saveApplication(object.name, rows); });
  }
}

}  // namespace skerry
