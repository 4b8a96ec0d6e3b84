#include "shared/daemon/revoked_keys.h"
#include "shared/ledger/ids.h"

namespace skerry {

void RevokedKeys::add(const Hash& key, Batch& rows) {
  if (contains(key)) return;
  uint64_t number = oldest.empty() ? 1 : oldest.rbegin()->first + 1;
  numbers[key] = number;
  oldest[number] = key;
  rows.put(Table::REVOKED, document, key.view(), view(pack(number)));
  while (oldest.size() > REVOKED_KEYS_MAX) {
    auto first = oldest.begin();
    rows.erase(Table::REVOKED, document, first->second.view());
    numbers.erase(first->second);
    oldest.erase(first);
  }
}

void RevokedKeys::load(const std::vector<Row>& rows) {
  for (auto& row : rows) {
    auto key = Hash::from(view(row.key));
    auto number = unpackNumber(view(row.value)).value_or(0);
    numbers[key] = number;
    oldest[number] = key;
  }
}

}  // namespace skerry
