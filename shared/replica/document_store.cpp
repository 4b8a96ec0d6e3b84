#include "shared/replica/document_store.h"
#include "shared/async/task.h"

namespace skerry {
namespace {

constexpr Part PARTS[] = {Part::META, Part::ORDERS, Part::VERSION,
                          Part::LOCAL, Part::CONTEXT, Part::PROJECTION};

Table tableOf(Part part) {
  switch (part) {
    case Part::META: return Table::META;
    case Part::ORDERS: return Table::ORDERS;
    case Part::VERSION: return Table::VERSION;
    case Part::LOCAL: return Table::LOCAL;
    case Part::CONTEXT: return Table::CONTEXT;
    case Part::PROJECTION: return Table::PROJECTION;
  }
  KJ_UNREACHABLE;
}

Task<kj::Own<Document>> open(Store& store, DocumentIds ids, Batch& batch) {
  StoredRows rows;
  std::string name = ids.name;
  for (auto part : PARTS) {
    auto scanning = store.scan(tableOf(part), kj::StringPtr(name.c_str(), name.size()));
    auto found = co_await scanning;
    for (auto& row : found) rows.push_back({part, std::move(row.key), std::move(row.value)});
  }
  if (!rows.empty()) co_return kj::heap<Document>(std::move(ids), rows);
  RowChanges first;
  auto document = kj::heap<Document>(std::move(ids), first);
  addRows(batch, name, first);
  co_return kj::mv(document);
}

}  // namespace

void addRows(Batch& batch, const std::string& document, const RowChanges& changes) {
  kj::StringPtr name(document.c_str(), document.size());
  for (auto& change : changes) {
    if (change.value) {
      batch.put(tableOf(change.part), name, view(change.key), view(*change.value));
    } else {
      batch.erase(tableOf(change.part), name, view(change.key));
    }
  }
}

void eraseDocument(Batch& batch, const std::string& document) {
  for (auto part : PARTS) {
    batch.eraseAll(tableOf(part), kj::StringPtr(document.c_str(), document.size()));
  }
}

kj::Promise<kj::Own<Document>> openDocument(Store& store, DocumentIds ids, Batch& batch) {
  return open(store, std::move(ids), batch);
}

}  // namespace skerry
