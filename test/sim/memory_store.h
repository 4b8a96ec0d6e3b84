// A Store in memory, for tests of what stands on a store. It keeps every promise of store.h and no
// more: answers come late, and batches and reads of different documents overtake each other, all by
// seed. What is of one document keeps its order.
#pragma once
#include "shared/store/store.h"
#include "test/sim/seeded_entropy.h"
#include <map>
#include <tuple>

namespace skerry {

// What a database file is to the real store: rows outlive the store, and can be opened again.
struct StoredRows {
  using Key = std::tuple<std::string, Table, Bytes>;
  std::map<Key, Bytes> rows;
  uint64_t version = 0;
};

// `stored` outlives the store.
kj::Own<Store> newMemoryStore(StoredRows& stored, SeededEntropy entropy);

}  // namespace skerry
