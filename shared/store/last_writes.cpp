#include "shared/store/last_writes.h"
#include <unordered_set>

namespace skerry {

namespace {

struct RowName {
  Table table;
  std::string_view document, key;
  bool operator==(const RowName&) const = default;
};

struct RowNameHash {
  size_t operator()(const RowName& row) const {
    std::hash<std::string_view> hash;
    return hash(row.key) + 31 * hash(row.document) + size_t(row.table);
  }
};

RowName nameOf(const Batch::Step& step) {
  return {step.table, step.document,
          {reinterpret_cast<const char*>(step.key.data()), step.key.size()}};
}

}  // namespace

std::vector<bool> lastWrites(const std::vector<Batch::Step>& steps) {
  std::vector<bool> matters(steps.size(), true);
  std::unordered_set<RowName, RowNameHash> written;
  written.reserve(steps.size());
  for (size_t i = steps.size(); i-- > 0;) {
    auto& step = steps[i];
    bool isWrite = step.verb == Batch::Verb::PUT || step.verb == Batch::Verb::ERASE;
    if (isWrite) matters[i] = written.insert(nameOf(step)).second;
    else written.clear();
  }
  return matters;
}

}  // namespace skerry
