#include "shared/ledger/projection.h"
#include "shared/ledger/mutant.h"
#include <kj/debug.h>

namespace skerry {

const ProjectionTable::Written* ProjectionTable::find(const std::string& key) const {
  auto found = table.find(key);
  return found == table.end() ? nullptr : &found->second;
}

OrdersEdit project(const Readings& readings, const ProjectionTable& table) {
  OrdersEdit edit;
  for (auto& [key, reading]: readings) {
    auto written = table.find(key);
    if (!reading) {
      if (written != nullptr || mutated(Mutant::NO_PROJECTION_TABLE)) edit.erases.insert(key);
    } else if (written == nullptr || written->reading != sha256(view(*reading))) {
      edit.puts[key] = *reading;
    }
  }
  return edit;
}

void ProjectionTable::record(const OrdersEdit& edit, const VersionId& version,
                             RowChanges& rows) {
  for (auto& key: edit.erases) {
    table.erase(key);
    rows.push_back({Part::PROJECTION, copy(view(key)), std::nullopt});
  }
  for (auto& [key, entry]: edit.puts) {
    Written written{sha256(view(entry)), version};
    table[key] = written;
    Bytes value = pack(version);
    value.insert(value.end(), written.reading.bytes.begin(), written.reading.bytes.end());
    rows.push_back({Part::PROJECTION, copy(view(key)), kj::mv(value)});
  }
}

void ProjectionTable::load(const StoredRows& rows) {
  for (auto& row: rows) {
    if (row.part != Part::PROJECTION) continue;
    auto value = view(row.value);
    KJ_REQUIRE(value.size() == 24 + sizeof(Hash),
               "a stored row of the projection is damaged: restore this daemon from a backup",
               text(view(row.key)));
    table[text(view(row.key))] = {Hash::from(value.slice(24, value.size())),
                                  *unpackVersionId(value.slice(0, 24))};
  }
}

}  // namespace skerry
