// What a bounded role sees of a tier: its tenant's objects and the sites those are meant for, or a
// region's sites, or one site, and what is there. Everything else does not exist for it.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/daemon/admin_place.h"
#include "shared/journal/event.h"
#include "shared/model/principal.h"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace skerry {

struct Seen {
  Scope scope;
  std::set<std::string> sites, regions;  // not looked at where the scope is the whole tier
  bool isWholeTier = false;              // nothing of this tier is hidden
  // What runs where it sees: for counts, since those of a tier are everybody's.
  struct Instance { std::string tenant, app, site, state; };
  std::vector<Instance> instances;

  bool seesTenant(std::string_view tenant) const {
    return scope.of != Scope::Of::TENANT || tenant == scope.name;
  }
  bool seesSite(const std::string& site) const { return isWholeTier || sites.contains(site); }
  bool sees(schema::Item::Reader item) const;
  bool seesRegion(const std::string& region) const {
    return isWholeTier || regions.contains(region);
  }
  bool seesEvent(const Event& event) const;
  // Of those that did not answer, `SITE` or `region NAME`: whether to name them.
  bool mayName(const std::string& who) const;
  // Takes out of an item it sees what it does not see.
  void trim(schema::Item::Builder item) const;

  using Counts = std::map<std::string, uint32_t>;
  Counts countStates(std::string_view tenant, std::string_view app) const;
};

// Asks the tier, as its administrator.
kj::Promise<Seen> lookAround(schema::Admin::Client tier, const AdminPlace& place,
                             const Principal& principal);

}  // namespace skerry
