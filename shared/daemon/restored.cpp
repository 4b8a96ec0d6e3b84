#include "shared/daemon/restored.h"
#include "capnp/stored.capnp.h"
#include "shared/model/encoded.h"

namespace skerry {

void markRestored(const Restored& restored, kj::StringPtr document, Batch& rows) {
  capnp::MallocMessageBuilder message;
  auto stored = message.initRoot<schema::StoredRestored>();
  stored.setBackupMs(restored.backupMs);
  stored.setRestoredMs(restored.restoredMs);
  stored.setEraSeen(restored.eraSeen);
  rows.put(Table::META, document, view(RESTORED_ROW),
           view(encode<schema::StoredRestored>(stored)));
}

void eraseMark(kj::StringPtr document, Batch& rows) {
  rows.erase(Table::META, document, view(RESTORED_ROW));
}

kj::Promise<kj::Maybe<Restored>> findRestored(Store& store, kj::StringPtr document) {
  return store.get(Table::META, document, view(RESTORED_ROW))
      .then([](kj::Maybe<Bytes>&& row) -> kj::Maybe<Restored> {
    KJ_IF_MAYBE(bytes, row) {
      Decoded<schema::StoredRestored> stored(*bytes);
      return Restored{stored.get().getBackupMs(), stored.get().getRestoredMs(),
                      stored.get().getEraSeen()};
    }
    return nullptr;
  });
}

}  // namespace skerry
