// Which of a region's sites run what: a pure reading of the orders from central, as the orders its
// sites should have. Level-triggered: the projector writes what differs, whatever happened before.
//
// Of a tenant with a quota no more is assigned than the share central allotted to this region: what
// is assigned stays, what does not fit is left out and said.
#pragma once
#include "shared/ledger/projection.h"
#include "shared/model/block.h"
#include "shared/model/person.h"
#include "shared/model/quota.h"
#include "shared/model/selector.h"
#include "shared/model/statement.h"
#include <map>
#include <set>

namespace skerry {

class Assigner {
public:
  // `orders` are those from central; `documentKey` is ours: sites whose home names another key are
  // not ours to command. `orders` outlives this.
  Assigner(const Orders& orders, Bytes documentKey);

  // These keys of the orders changed. Answers what that touches: keys of sites' documents.
  using TouchedKeys = std::map<std::string, std::set<std::string>>;
  TouchedKeys update(const std::set<std::string>& keys);

  // What the documents of the sites hold already: (site, key of an application). To be told once,
  // before the first reading is used, so that a region that starts again leaves it where it is.
  using Targets = std::set<std::pair<std::string, std::string>>;
  void remember(const Targets& held);

  // What one key of a site's document should be; nothing: absent.
  std::optional<Bytes> read(const std::string& site, const std::string& key) const;

  struct SitePlan {
    Gen gen;
    Labels labels;
    uint64_t homeGen = 0;
    Bytes recordEntry, homeEntry;  // encoded OrderEntry
    std::optional<BlockWord> block;
    BlockedHosts blockedHosts;
  };
  const std::map<std::string, SitePlan>& sites() const { return sitePlans; }
  // Applications (`TENANT/APP`) that a site matches: those that are assigned, and those left out.
  std::vector<std::string> meant(const std::string& site) const;
  // An application that a site matches and is not to have: there is no quota left. `key` as in the
  // orders, `app/TENANT/APP`.
  struct LeftOut {
    AuthoritySeq intent;
    std::string reason;  // for a person
  };
  std::optional<LeftOut> leftOut(const std::string& site, const std::string& key) const;
  // Whether an application of the tenant is meant for the site.
  bool hasTenant(const std::string& site, const std::string& tenant) const;
  size_t applications() const { return appPlans.size(); }

private:
  struct AppPlan {
    Selector selector;
    Bytes entry;  // encoded OrderEntry holding an Assignment
    std::string tenant;
    AuthoritySeq intent;
    int32_t priority = 0;
    Amounts demand;
  };
  // Of a tenant with a quota.
  struct Share {
    Quota bounds;
    Targets assigned;
    std::map<std::pair<std::string, std::string>, Resource> missing;  // of which there is no more
  };
  void updateShare(const std::string& tenant, TouchedKeys& touched);
  // Chooses anew what of the tenant is assigned within its share.
  void choose(const std::string& tenant, TouchedKeys& touched);
  bool isMeant(const std::string& site, const std::string& key) const;
  bool isAssigned(const std::string& site, const std::string& key) const;
  void updateSite(const std::string& site, TouchedKeys& touched);
  void updateApp(const std::string& key, TouchedKeys& touched);
  void updateUser(const std::string& key, TouchedKeys& touched);
  // Whether the site's hosts have anything to do with that person.
  bool touches(const Person& person, const std::string& site) const;
  void touchApp(const std::string& site, const std::string& key, const std::string& tenant,
                TouchedKeys& touched) const;

  const Orders& orders;
  Bytes documentKey;
  std::map<std::string, SitePlan> sitePlans;
  std::map<std::string, Person> users;      // by order key, `user/NAME`
  std::map<std::string, AppPlan> appPlans;  // by order key, `app/TENANT/APP`
  std::map<std::string, Share> shares;      // by tenant
};

}  // namespace skerry
