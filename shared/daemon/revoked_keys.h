// Device keys that may not come back: of a site or region that was deleted, of a machine that
// another one replaced. Refused at every door, whatever their certificates say.
//
// What is forgotten beyond REVOKED_KEYS_MAX is unknown from then on, which is refused as well; only
// the reason told is another.
#pragma once
#include "shared/crypto/hash.h"
#include "shared/store/store.h"
#include <map>

namespace skerry {

constexpr size_t REVOKED_KEYS_MAX = 10'000;

class RevokedKeys {
public:
  // `document`: of the daemon's own rows.
  explicit RevokedKeys(kj::StringPtr document) : document(document) {}

  bool contains(const Hash& key) const { return numbers.contains(key); }
  void add(const Hash& key, Batch& rows);
  // From the rows of Table::REVOKED.
  void load(const std::vector<Row>& rows);

private:
  kj::StringPtr document;
  std::map<Hash, uint64_t> numbers;  // in the order they were added
  std::map<uint64_t, Hash> oldest;
};

}  // namespace skerry
