#include "shared/replica/blobs.h"

namespace skerry {

kj::Promise<Blobs> Blobs::load(Store& store) {
  return store.scan(Table::BLOB, BLOB_DOCUMENT).then([](std::vector<Row>&& rows) {
    Blobs blobs;
    for (auto& row : rows) {
      blobs.bytes += row.value.size();
      blobs.contents[Hash::from(view(row.key))] = std::move(row.value);
    }
    return blobs;
  });
}

bool Blobs::put(const Hash& hash, Bytes content, Batch& rows) {
  if (contents.contains(hash)) return true;
  if (content.size() > BLOB_BYTES_MAX || bytes + content.size() > BLOBS_BYTES_MAX) return false;
  if (sha256(view(content)) != hash) return false;
  rows.put(Table::BLOB, BLOB_DOCUMENT, hash.view(), view(content));
  bytes += content.size();
  contents[hash] = std::move(content);
  return true;
}

std::optional<Bytes> Blobs::find(const Hash& hash) const {
  auto found = contents.find(hash);
  if (found == contents.end()) return std::nullopt;
  return found->second;
}

void Blobs::sweep(const std::function<bool(const Hash&)>& isUsed, Batch& rows) {
  for (auto i = contents.begin(); i != contents.end();) {
    if (isUsed(i->first)) {
      ++i;
      continue;
    }
    rows.erase(Table::BLOB, BLOB_DOCUMENT, i->first.view());
    bytes -= i->second.size();
    i = contents.erase(i);
  }
}

BlobSource Blobs::source() const {
  return [this](const Hash& hash) { return find(hash); };
}

}  // namespace skerry
