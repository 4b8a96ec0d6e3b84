// Which of a region's sites run what: a pure reading of the orders from central, as the orders its
// sites should have. Level-triggered: the projector writes what differs, whatever happened before.
#pragma once
#include "shared/ledger/projection.h"
#include "shared/model/person.h"
#include "shared/model/selector.h"
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

  // What one key of a site's document should be; nothing: absent.
  std::optional<Bytes> read(const std::string& site, const std::string& key) const;

  struct SitePlan {
    Gen gen;
    Labels labels;
    uint64_t homeGen = 0;
    Bytes recordEntry, homeEntry;  // encoded OrderEntry
  };
  const std::map<std::string, SitePlan>& sites() const { return sitePlans; }
  // Applications (`TENANT/APP`) that a site is meant to run.
  std::vector<std::string> assigned(const std::string& site) const;
  size_t applications() const { return appPlans.size(); }

private:
  struct AppPlan {
    Selector selector;
    Bytes entry;  // encoded OrderEntry holding an Assignment
    std::string tenant;
  };
  void updateSite(const std::string& site, TouchedKeys& touched);
  void updateApp(const std::string& key, TouchedKeys& touched);
  void updateUser(const std::string& key, TouchedKeys& touched);
  // Whether the site's hosts have anything to do with that person.
  bool touches(const Person& person, const std::string& site) const;
  void touchApp(const std::string& site, const std::string& key, const std::string& tenant,
                TouchedKeys& touched) const;
  bool hasTenant(const std::string& site, const std::string& tenant) const;

  const Orders& orders;
  Bytes documentKey;
  std::map<std::string, SitePlan> sitePlans;
  std::map<std::string, Person> users;      // by order key, `user/NAME`
  std::map<std::string, AppPlan> appPlans;  // by order key, `app/TENANT/APP`
};

}  // namespace skerry
