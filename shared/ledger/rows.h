// What a replica asks its owner to persist. The ledger does no I/O: each call that changes a
// replica appends row changes, all of one call belong into one transaction, and nothing that was
// computed from the change (a reply, a delta) may leave the process before that has committed.
#pragma once
#include "shared/crypto/bytes.h"
#include <optional>
#include <vector>

namespace skerry {

// The tables of shared/store/tables.h that the ledger uses.
enum class Part : uint8_t { META, ORDERS, VERSION, LOCAL, CONTEXT, PROJECTION };

struct RowChange {
  Part part = Part::META;
  Bytes key;
  std::optional<Bytes> value;  // nothing: the row is erased
  bool operator==(const RowChange&) const = default;
};
using RowChanges = std::vector<RowChange>;

// What was persisted, in any order.
struct StoredRow {
  Part part = Part::META;
  Bytes key, value;
};
using StoredRows = std::vector<StoredRow>;

}  // namespace skerry
