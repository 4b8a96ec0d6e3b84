// What the tests remember of a history, to say whether the fleet may be as it is. It follows the
// ledger's promises, not its code: it knows what every author saw and why every write went away.
#pragma once
#include "test/unit/ledger/fleet.h"

namespace skerry {

class Oracle {
public:
  explicit Oracle(const Fleet& fleet): fleet(fleet) {}

  // --- Orders ----------------------------------------------------------------------------------
  void published(size_t parent);
  // L6, L14: a replica moved on from `before`, to something its parent really made.
  void checkOrders(size_t place, const VersionId& before) const;

  // --- Local -----------------------------------------------------------------------------------
  // `saw` is what the author's orders said at the path, under the revision selected there.
  void wrote(size_t place, const LocalResult& result, std::optional<Bytes> saw, uint64_t trueMs);
  void removed(const std::vector<Dot>& dots);
  // L8, L4: ended or swept at `place`, which must have known better than the author.
  void endedAt(size_t place, const LocalEntry& entry, const Hash& revision) const;
  void sweptAt(size_t place, const LocalEntry& entry) const;
  // L9
  void expired(const LocalEntry& entry, uint64_t trueMs);
  // The disk of a host was replaced: what only it held is lost, whatever it forgot.
  void lostDisk(size_t place, const Local* backup);

  // --- Whole states ----------------------------------------------------------------------------
  // L8, L13: what a host acts on is what the authors of its entries meant.
  void checkEffective(size_t place) const;
  // L2
  void checkHashes(size_t one, size_t other) const;
  // L3, L4, L5, L12 of a fleet that was healed.
  void checkHealed() const;

private:
  struct Written {
    LocalEntry entry;
    std::optional<Bytes> saw;
    uint64_t trueMs;
  };
  const LocalEntry* meant(size_t place, const Hash& selected, const LocalKey& key) const;
  std::optional<Hash> selected(size_t place, const Assignment& assignment) const;

  const Fleet& fleet;
  std::map<std::string, std::map<VersionId, Hash>> versions;  // by document: what they contain
  std::map<Dot, Written> writes;                              // all there ever were
  std::set<Dot> acknowledged, gone;                           // that nobody may lose, or bring back
};

}  // namespace skerry
