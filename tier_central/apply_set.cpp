#include "tier_central/apply_set.h"
#include <algorithm>

namespace skerry {
namespace {

std::string str(capnp::Text::Reader from) { return std::string(from.begin(), from.size()); }

}  // namespace

ObjectName nameOf(schema::Manifest::Reader manifest) {
  switch (manifest.which()) {
    case schema::Manifest::TENANT:
      return {"tenant", {"", str(manifest.getTenant().getName())}};
    case schema::Manifest::REGION:
      return {"region", {"", str(manifest.getRegion().getName())}};
    case schema::Manifest::SITE:
      return {"site", {"", str(manifest.getSite().getName())}};
    case schema::Manifest::APPLICATION: {
      auto app = manifest.getApplication();
      return {"application", {str(app.getTenant()), str(app.getName())}};
    }
    default:
      return {};
  }
}

std::vector<ObjectName> prunedBy(const Registry& registry, const std::string& set,
                                 ManifestReaders manifests) {
  if (set.empty()) return {};
  std::set<ObjectName> asked;
  for (auto manifest : manifests) asked.insert(nameOf(manifest));
  std::vector<ObjectName> pruned;
  auto consider = [&](const std::string& kind, const TenantAndName& name, const std::string& of) {
    ObjectName object{kind, name};
    if (of == set && !asked.contains(object)) pruned.push_back(std::move(object));
  };
  for (auto& [name, app] : registry.applications) consider("application", name, app.set);
  for (auto& [name, site] : registry.sites) consider("site", {"", name}, site.set);
  for (auto& [name, region] : registry.regions) consider("region", {"", name}, region.set);
  return pruned;
}

Refusals checkPruning(const Registry& registry, const std::vector<ObjectName>& pruned,
                      ManifestReaders manifests) {
  Refusals refusals;
  std::map<std::string, std::string> regionOf;  // of the sites that stay
  for (auto& [name, site] : registry.sites) regionOf[name] = site.region;
  for (auto manifest : manifests) {
    if (manifest.isSite())
      regionOf[str(manifest.getSite().getName())] = str(manifest.getSite().getRegion());
  }
  for (auto& object : pruned) {
    if (object.kind == "site") regionOf.erase(object.name.second);
  }
  for (auto& object : pruned) {
    if (object.kind != "region") continue;
    for (auto& [site, region] : regionOf) {
      if (region != object.name.second) continue;
      Refusal refusal;
      refusal.code = 6;
      refusal.reason = "in-use";
      refusal.message =
          "--prune would remove region '" + region + "', which still has site '" + site + "'";
      refusal.hint = "keep the region in the files, or delete its sites first";
      refusal.next = "skerry get sites --region " + region;
      refusals.push_back(std::move(refusal));
      break;
    }
  }
  return refusals;
}

}  // namespace skerry
