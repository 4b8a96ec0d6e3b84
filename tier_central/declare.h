// Decides what an `apply` or `delete` at central means: which objects are made, changed or gone,
// what must be signed anew, which keys of which regions' documents are touched. All or nothing:
// everything that can be refused is refused before anything moves.
#pragma once
#include "capnp/manifest.capnp.h"
#include "shared/daemon/problems.h"
#include "shared/model/selector.h"
#include "shared/replica/blobs.h"
#include "tier_central/apply_set.h"
#include "tier_central/issuer.h"
#include <set>

namespace skerry {

struct Declared {
  std::string kind, tenant, name;
  std::string outcome;  // created, changed, unchanged, deleted, blocked, unblocked
  std::string before = {}, after = {};  // first digits of the object's SHA-256
};

struct LabelChange {
  std::map<std::string, std::string> set;
  std::set<std::string> remove;
};

// What a decision moved, beyond its rows.
struct Touched {
  std::set<std::string> everywhere;                      // order keys of every region's document
  std::set<std::pair<std::string, std::string>> inRegion;  // (region, key)
  std::set<std::pair<std::string, Bytes>> ended;           // (order key, life) of what is deleted
  void in(const std::string& region, const std::string& key) { inRegion.insert({region, key}); }
};

class Declarations {
public:
  Declarations(Registry& registry, Blobs& blobs, AuthorityIssuer& issuer)
      : registry(registry), blobs(blobs), issuer(issuer) {}

  using Manifests = kj::ArrayPtr<const schema::Manifest::Reader>;

  // What stands in the way of all of them together; `pruned` goes when they come.
  Refusals check(Manifests manifests, const std::vector<ObjectName>& pruned = {}) const;
  // What each would be: pure. Only for what check() let pass.
  Declared compare(schema::Manifest::Reader manifest) const;
  // Does it.
  Declared declare(schema::Manifest::Reader manifest, Batch& rows, Touched& touched);

  Refusals checkRemoval(const std::string& kind, const TenantAndName& name,
                                    bool cascade) const;
  std::vector<Declared> remove(const std::string& kind, const TenantAndName& name, Batch& rows,
                               Touched& touched);

  // Whose key is worth nothing from then on.
  void removeUser(const std::string& id, Batch& rows, Touched& touched);

  // The apply set that a declared object came with.
  void remember(const ObjectName& object, const std::string& set, Batch& rows);

  // `name` of a host: SITE/HOST. Null `word`: not blocked any more.
  Refusals checkBlock(const std::string& kind, const std::string& name) const;
  Declared block(const std::string& kind, const std::string& name,
                 const std::optional<BlockWord>& word, Batch& rows, Touched& touched);
  // Of a site, beside its manifest's.
  Refusals checkLabels(const std::string& site, const LabelChange& change) const;
  Declared label(const std::string& site, const LabelChange& change, Batch& rows,
                 Touched& touched);

  // What follows from all of a change: the shares of quotas that it moved are signed anew.
  void settle(Batch& rows, Touched& touched);

  std::multiset<Hash> arriving;  // blobs of regions that are read back: of no object yet

  // Regions may have heard different words about a tenant when they were read back: all of them are
  // told the newest.
  void agree(Batch& rows, Touched& touched);

  // A region proved its keys (when it joined, or when it said so): its sites need a home that
  // names them.
  void regionJoined(const std::string& region, const Hash& deviceKey, BytesView documentKey,
                    Batch& rows, Touched& touched);

private:
  void declareTenant(schema::Tenant::Reader tenant, Batch& rows, Touched& touched);
  void declareRegion(schema::Region::Reader region, Batch& rows);
  void declareSite(schema::Site::Reader site, Batch& rows, Touched& touched);
  void declareApplication(schema::Application::Reader application, Batch& rows, Touched& touched);
  void signSite(const std::string& name, SiteObject& site, Batch& rows, Touched& touched);
  void giveHome(const std::string& name, SiteObject& site, Batch& rows, Touched& touched);
  void removeSite(const std::string& name, Batch& rows, Touched& touched);
  void removeApplication(const TenantAndName& name, Batch& rows, Touched& touched);
  void removeUsersOf(Scope::Of of, const std::string& name, std::vector<Declared>& removed,
                     Batch& rows, Touched& touched);
  void removeTokensOf(const std::string& kind, const std::string& name, Batch& rows,
                      Touched& touched);

  void signPolicies(const std::string& name, TenantObject& tenant, Batch& rows, Touched& touched);
  bool isMoved(const std::string& tenant) const;
  void allot(const std::string& name, TenantObject& tenant, Batch& rows, Touched& touched);

  void sweepBlobs(Batch& rows);

  Registry& registry;
  Blobs& blobs;
  AuthorityIssuer& issuer;
  std::set<std::string> unsettled;  // tenants whose use changed
  std::vector<Labels> movedSites;   // what sites had or got: who matches is moved
  bool regionsGone = false;         // and their shares are to be given to others
};

}  // namespace skerry
