// What the site acts on: the newest assignment of each application that held, and why a newer one
// does not. Pure but for the rows it writes.
#pragma once
#include "shared/ledger/orders.h"
#include "shared/model/selector.h"
#include "shared/store/store.h"
#include "tier_site/blocks.h"
#include "tier_site/verified.h"
#include <set>

namespace skerry {

class Assignments {
public:
  // `orders` outlives this.
  Assignments(Trust trust, const Orders& orders, BlobLookup blobs);

  static constexpr size_t EARLIER_MAX = 5;  // as many as an intent allows to return to
  struct App {
    std::optional<Acted> acted;  // none: nothing ever held
    // Other revisions acted on before in this life of the application, newest first: their content
    // is kept, at most EARLIER_MAX of them.
    std::vector<Acted> earlier;
    Judgement judgement;         // of what the orders say now
  };
  const std::map<TenantAndName, App>& apps() const { return known; }
  const Marks& marks() const { return highest; }
  // Why nothing of the tenant may run, whatever was accepted; nothing: it may.
  std::optional<std::string> blockOf(const std::string& tenant) const {
    return blocks.reasonFor(tenant, trust.site);
  }
  // Blobs that assignments wait for.
  std::set<Hash> missing() const;
  bool uses(const Hash& blob) const;
  // What central says of this site; none before it has, or while it is not believed.
  Labels siteLabels() const;

  // These keys of the orders changed: judges what they touch. The applications whose standing may
  // have changed.
  std::set<TenantAndName> update(const std::set<std::string>& keys, Batch& rows);
  // A blob arrived.
  std::set<TenantAndName> blobArrived(const Hash& hash, Batch& rows);
  void raise(const Marks& marks, Batch& rows);

  // From the rows of SELF_DOCUMENT, then judges everything the orders say.
  void load(const std::vector<Row>& markRows, Batch& rows);

private:
  void judge(const TenantAndName& app, Batch& rows);
  void hearBlock(const MarkKey& about, const std::string& key, Batch& rows);
  static void act(App& app, Acted next);
  void saveActed(const TenantAndName& app, Batch& rows) const;

  Trust trust;
  const Orders& orders;
  BlobLookup blobs;
  Marks highest;
  Blocks blocks;
  std::map<TenantAndName, App> known;
};

}  // namespace skerry
