// The mark that `restore` leaves in a daemon's rows, for its next start: this database is a backup,
// so others may hold what it does not know of. The start acts on it and takes it away with, or
// after, the last of what follows from it: a crash in between begins it again.
#pragma once
#include "shared/store/store.h"

namespace skerry {

struct Restored {
  // When the backup was taken, and when it was restored: wall clock then, Unix epoch.
  int64_t backupMs = 0, restoredMs = 0;
  uint64_t eraSeen = 0;    // greatest era known of the folder that the backup replaced
};

constexpr std::string_view RESTORED_ROW = "restored";

// `document`: of the daemon's own rows.
void markRestored(const Restored& restored, kj::StringPtr document, Batch& rows);
void eraseMark(kj::StringPtr document, Batch& rows);
// Null: this database was not restored since its last start.
kj::Promise<kj::Maybe<Restored>> findRestored(Store& store, kj::StringPtr document);

}  // namespace skerry
