// The hashes that prove the contents of an orders half. Pure arithmetic over (key, entry hash):
// knows neither entries nor versions.
#pragma once
#include "shared/crypto/hash.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace skerry {

// The entries of one bucket: key hash -> (key, entry hash).
struct BucketItem {
  std::string key;
  Hash entry;
  bool operator==(const BucketItem&) const = default;
};
using BucketItems = std::map<Hash, BucketItem>;

Hash hashOf(const BucketItems& items);

class Buckets {
public:
  // `count` is a power of two, at most 65,536.
  explicit Buckets(size_t count);

  size_t count() const { return hashes.size(); }
  size_t indexOf(const Hash& keyHash) const;
  const BucketItems& items(size_t index) const;
  const Hash& hash(size_t index) const { return hashes[index]; }
  Hash root() const;
  Bytes list() const;  // all bucket hashes in order, 32 bytes each

  // New contents of some buckets, not yet in force.
  struct Draft {
    std::map<size_t, BucketItems> items;
    std::map<size_t, Hash> hashes;
    Hash root;
  };
  // Keys with their entry hashes, or nothing where the key shall be absent.
  Draft draft(const std::map<std::string, std::optional<Hash>>& changes) const;
  void apply(Draft&& draft);

  // The root that a bucket list hashes to.
  static Hash rootOf(BytesView list) { return sha256(list); }

private:
  std::map<size_t, BucketItems> filled;  // buckets with entries
  std::vector<Hash> hashes;
};

}  // namespace skerry
