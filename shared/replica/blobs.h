// Content-addressed blobs that the orders refer to: specifications, held in memory and in the
// store. What nobody refers to any more is swept.
#pragma once
#include "shared/ledger/orders_sync.h"
#include "shared/store/store.h"
#include <map>

namespace skerry {

constexpr size_t BLOB_BYTES_MAX = 1 << 20;         // one
constexpr size_t BLOBS_BYTES_MAX = 512 << 20;      // all
constexpr kj::StringPtr BLOB_DOCUMENT = "blobs"_kj;  // the document id of their rows

class Blobs {
public:
  static kj::Promise<Blobs> load(Store& store);

  // False, and nothing happens, when the content does not have this hash or a bound is exceeded.
  bool put(const Hash& hash, Bytes content, Batch& rows);
  std::optional<Bytes> find(const Hash& hash) const;
  size_t size() const { return bytes; }
  bool has(const Hash& hash) const { return contents.contains(hash); }
  // Erases what `isUsed` denies.
  void sweep(const std::function<bool(const Hash&)>& isUsed, Batch& rows);
  BlobSource source() const;  // borrows this

private:
  std::map<Hash, Bytes> contents;
  size_t bytes = 0;
};

}  // namespace skerry
