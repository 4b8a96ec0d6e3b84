// How desired state goes down: the orders of a document below are written, level-triggered, from
// the effective reading of the one above.
//
// The projection table remembers what was written for each key. A key is written when its reading
// differs from the table, and erased only when the table lists it: so what another authority put
// into the target (an adopting region finds applications it does not know) stays as it is. Only
// keys that may have changed are handed in; all others cost nothing. A reading that is copied is
// the same bytes below as above, origin included.
#pragma once
#include "shared/ledger/orders.h"

namespace skerry {

// Encoded entries by key of the target; nothing where the source has no reading any more.
using Readings = std::map<std::string, std::optional<Bytes>>;

struct Projected {
  OrdersEdit edit;   // of the target
  Readings behind;   // older than what the target holds: to be recorded, not to be written
  bool empty() const { return edit.empty() && behind.empty(); }
};

// Belongs to one target document; its rows go into the same transaction as the target's.
class ProjectionTable {
public:
  struct Written {
    Hash reading;       // SHA-256 of the entry
    VersionId version;  // of the target, that wrote it
    bool operator==(const Written&) const = default;
  };
  const std::map<std::string, Written>& rows() const { return table; }
  const Written* find(const std::string& key) const;
  // `done` is what project() answered, `version` what the target holds after it.
  void record(const Projected& done, const VersionId& version, RowChanges& rows);
  // Other hands changed the target: what is listed is as it is there, or not listed any more.
  void align(const Orders& target, RowChanges& rows);
  void load(const StoredRows& rows);

private:
  void note(const std::string& key, const Bytes& reading, const VersionId& version,
            RowChanges& rows);

  std::map<std::string, Written> table;
};

// What follows from these readings. What the target holds of a later decision of the same authority
// stays: the source is behind then, since it or what feeds it was restored.
Projected project(const Readings& readings, const ProjectionTable& table, const Orders& target);

}  // namespace skerry
