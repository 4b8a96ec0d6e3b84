// Whether a database could be served, without serving it: nothing in it is changed.
#pragma once
#include "shared/store/store.h"

namespace skerry {

struct StoreHealth {
  enum class State : uint8_t {
    ABSENT,
    SOUND,       // whole, ours, and of a format that this version knows
    HELD,        // by another process, so that nothing more can be said
    UNREADABLE,  // by us: owner, mode, or the disk
    UNSOUND,     // damaged, not ours, or of a newer version
  };
  State state = State::ABSENT;
  std::string text;       // why it is not SOUND, and what to do; empty when it is, or ABSENT
  kj::Maybe<Bytes> row;   // what was asked for, when it is SOUND and there is such a row
};

// Of the database `file` on `host.disk`. Reads all of it (SQLite's quick_check): seconds for one of
// gigabytes. `key` is copied; `host` outlives the promise.
kj::Promise<StoreHealth> examineStore(Host& host, kj::StringPtr file, Table table,
                                      kj::StringPtr document, BytesView key);

}  // namespace skerry
