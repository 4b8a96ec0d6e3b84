#include "shared/ledger/projection.h"
#include "shared/ledger/mutant.h"
#include "shared/ledger/order_entry.h"
#include "shared/ledger/read_back.h"
#include <kj/debug.h>

namespace skerry {

namespace {

bool isBehind(const Bytes& reading, const std::optional<OrderEntry>& held) {
  auto decoded = held ? decodeOrderEntry(view(reading)) : std::nullopt;
  return decoded && isLater(held->origin, decoded->origin);
}

}  // namespace

const ProjectionTable::Written* ProjectionTable::find(const std::string& key) const {
  auto found = table.find(key);
  return found == table.end() ? nullptr : &found->second;
}

Projected project(const Readings& readings, const ProjectionTable& table, const Orders& target) {
  Projected all;
  for (auto& [key, reading]: readings) {
    auto written = table.find(key);
    if (!reading) {
      if (written != nullptr || mutated(Mutant::NO_PROJECTION_TABLE)) all.edit.erases.insert(key);
    } else if (written == nullptr || written->reading != sha256(view(*reading))) {
      if (isBehind(*reading, target.find(key))) all.behind[key] = *reading;
      else all.edit.puts[key] = *reading;
    }
  }
  return all;
}

void ProjectionTable::record(const Projected& done, const VersionId& version, RowChanges& rows) {
  for (auto& key: done.edit.erases) {
    table.erase(key);
    rows.push_back({Part::PROJECTION, copy(view(key)), std::nullopt});
  }
  for (auto& [key, entry]: done.edit.puts) note(key, entry, version, rows);
  for (auto& [key, entry]: done.behind) note(key, *entry, version, rows);
}

void ProjectionTable::note(const std::string& key, const Bytes& reading, const VersionId& version,
                           RowChanges& rows) {
  Written written{sha256(view(reading)), version};
  table[key] = written;
  Bytes value = pack(version);
  value.insert(value.end(), written.reading.bytes.begin(), written.reading.bytes.end());
  rows.push_back({Part::PROJECTION, copy(view(key)), kj::mv(value)});
}

void ProjectionTable::align(const Orders& target, RowChanges& rows) {
  for (auto row = table.begin(); row != table.end();) {
    auto held = target.bytesOf(row->first);
    if (held == nullptr) {
      rows.push_back({Part::PROJECTION, copy(view(row->first)), std::nullopt});
      row = table.erase(row);
      continue;
    }
    if (row->second.reading != sha256(view(*held))) note(row->first, *held, target.version(), rows);
    ++row;
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
