#include "test/unit/store/promises.h"

namespace skerry {

namespace {

Promises::Value at(const Promises::Rows& rows, const std::string& key) {
  auto found = rows.find(key);
  if (found == rows.end()) return std::nullopt;
  return found->second;
}

}  // namespace

Batch Promises::ask(const std::string& key, Value value) {
  Batch batch;
  for (auto table : {FIRST, SECOND}) {
    if (value.has_value()) {
      batch.put(table, DOCUMENT, view(key), view(*value));
    } else {
      batch.erase(table, DOCUMENT, view(key));
    }
  }
  unknown[key] = std::move(value);
  return batch;
}

void Promises::acknowledged(const std::string& key, uint64_t version) {
  sure[key] = unknown.at(key);
  unknown.erase(key);
  versionMax = kj::max(versionMax, version);
  ++answers;
}

void Promises::audit(const Rows& first, const Rows& second, uint64_t version,
                     Findings& findings) {
  findings.halves += first != second;
  for (auto& [key, value] : sure) {
    auto there = at(first, key);
    auto asked = unknown.find(key);
    bool kept = there == value || (asked != unknown.end() && there == asked->second);
    findings.lost += !kept;
  }
  for (auto& [key, value] : first) {
    auto known = sure.find(key), asked = unknown.find(key);
    bool wanted = (known != sure.end() && known->second == value) ||
                  (asked != unknown.end() && asked->second == value);
    findings.invented += !wanted;
  }
  findings.versionsBack += version <= versionMax;
  versionMax = kj::max(versionMax, version);
  unknown.clear();
  sure.clear();
  for (auto& [key, value] : first) sure[key] = value;
}

Bytes drawValue(SeededEntropy& chance) {
  Bytes value(chance.chance(2) ? chance.between(5'000, 20'000) : chance.between(0, 600));
  chance.fill({value.data(), value.size()});
  return value;
}

}  // namespace skerry
