#include "shared/ledger/buckets.h"
#include <kj/debug.h>
#include <cstring>

namespace skerry {

Hash hashOf(const BucketItems& items) {
  Sha256 hash;
  for (auto& [key, item]: items) hash.add(key.view()).add(item.entry.view());
  return hash.finish();
}

Buckets::Buckets(size_t count) : hashes(count, sha256({})) {
  KJ_REQUIRE(count > 0 && count <= 65'536 && (count & (count - 1)) == 0,
             "bucket counts are powers of two", count);
}

size_t Buckets::indexOf(const Hash& keyHash) const {
  return (size_t(keyHash.bytes[0]) << 8 | keyHash.bytes[1]) / (65'536 / count());
}

const BucketItems& Buckets::items(size_t index) const {
  static const BucketItems NONE;
  auto found = filled.find(index);
  return found == filled.end() ? NONE : found->second;
}

Bytes Buckets::list() const {
  static_assert(sizeof(Hash) == 32);
  Bytes list(hashes.size() * sizeof(Hash));
  memcpy(list.data(), hashes.data(), list.size());
  return list;
}

Hash Buckets::root() const { return rootOf(view(list())); }

Buckets::Draft Buckets::draft(
    const std::map<std::string, std::optional<Hash>>& changes) const {
  Draft draft;
  for (auto& [key, entry]: changes) {
    Hash keyHash = sha256(view(key));
    size_t index = indexOf(keyHash);
    auto& items = draft.items.try_emplace(index, this->items(index)).first->second;
    if (entry) items[keyHash] = {key, *entry};
    else items.erase(keyHash);
  }
  Bytes list = this->list();
  for (auto& [index, items]: draft.items) {
    Hash hash = hashOf(items);
    std::copy(hash.bytes.begin(), hash.bytes.end(), list.begin() + index * sizeof(Hash));
    draft.hashes[index] = hash;
  }
  draft.root = rootOf(view(list));
  return draft;
}

void Buckets::apply(Draft&& draft) {
  for (auto& [index, items]: draft.items) {
    if (items.empty()) filled.erase(index);
    else filled[index] = kj::mv(items);
  }
  for (auto& [index, hash]: draft.hashes) hashes[index] = hash;
}

}  // namespace skerry
