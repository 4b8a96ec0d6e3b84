// What central makes of the orders that a region shows it after a restore: the objects it forgot
// are made again from what it signed, what was deleted since the backup is deleted, and where both
// sides moved on central's own word stands and a person is told (ledger rules on restore). Pure but
// for the rows it writes.
#pragma once
#include "shared/daemon/recovery.h"
#include "shared/ledger/document.h"
#include "tier_central/declare.h"

namespace skerry {

class Adoption {
public:
  struct Parts {
    Registry& registry;
    Blobs& blobs;
    Declarations& declarations;
    Recovery& recovery;
    Bytes authorityKey;
  };
  // What `region` shows, compared with what we hold of its document. Everything outlives this.
  Adoption(Parts parts, const std::string& region, const Document& mine, const Orders& shown);

  // Specifications without which the objects cannot be made again.
  const std::set<Hash>& blobs() const { return needed; }
  // Adopts into the registry. To be followed by Document::adopt() and a projection of everything.
  void run(Batch& rows, Touched& touched);
  // What was deleted, as another region knows: known to be ours by then, and to be erased again.
  void erase(Batch& rows, Touched& touched);

private:
  using Verdicts = std::map<std::string, ReadBackVerdict>;
  void take(const std::string& key, const OrderEntry& entry, Batch& rows);
  bool takePolicy(const std::string& tenant, const OrderEntry& entry, Batch& rows);
  bool takeSite(const std::string& site, const OrderEntry& entry, Batch& rows);
  bool takeApplication(const std::string& key, const OrderEntry& entry, Batch& rows);
  bool takeToken(const std::string& id, const OrderEntry& entry, Batch& rows);
  bool takeUser(const std::string& id, const OrderEntry& entry, Batch& rows);
  bool takeHead(const OrderEntry& entry, Batch& rows);
  void remove(const std::string& key, Batch& rows, Touched& touched);
  void removeAll(const std::set<std::string>& keys, Batch& rows, Touched& touched);
  bool isSince(const std::string& key) const;
  bool hasRoom() const;
  bool isEverywhere(const std::string& key, const OrderEntry& entry) const;
  bool wasDeleted(const std::string& key, const OrderEntry& entry) const;
  bool isUsedSince(const std::string& tenant) const;
  std::set<std::string> lacking() const;
  std::optional<Statement> open(std::string_view kind, BytesView envelope) const;

  Parts parts;
  std::string region;
  const Document& mine;
  const Orders& shown;
  Verdicts verdicts;
  std::map<uint64_t, uint64_t> newest;  // statement shown, by its era
  std::set<Hash> needed;
  std::set<std::string> deleted;  // of what was adopted: another's word shows it to be gone
};

}  // namespace skerry
