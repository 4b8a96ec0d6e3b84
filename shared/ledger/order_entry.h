// The value of one key of the orders half. Its bytes are made once by the author and copied from
// then on; a value is read out of them, and `withValue` keeps fields this version does not know.
#pragma once
#include "shared/ledger/ids.h"
#include <vector>

namespace skerry {

struct OrderEntry {
  Gen gen;
  Origin origin;
  Bytes value;
  std::vector<Hash> blobs;  // that the value refers to
  bool operator==(const OrderEntry&) const = default;
};

Bytes encodeOrderEntry(const OrderEntry& entry);
// Nothing when the bytes are not an entry.
std::optional<OrderEntry> decodeOrderEntry(BytesView encoded);
// `encoded` with another value and origin, and everything else as it was. FAILED when something
// else in it is malformed, which reading it does not look at.
Bytes withValue(BytesView encoded, const Origin& origin, BytesView value,
                const std::vector<Hash>& blobs);

}  // namespace skerry
