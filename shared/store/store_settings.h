// How a database is opened and where its bounds are. Internal to the store: daemons use the
// defaults; tests shrink bounds to reach rare paths, and weaken settings to show that it would be
// noticed.
#pragma once
#include "shared/store/store.h"

namespace skerry {

// Pages (4 KiB) in the WAL at which it is copied into the database. Never truncated while running:
// overwriting a WAL costs half of growing one.
constexpr uint32_t CHECKPOINT_FRAMES = 1000;
// What one transaction takes: bounds the time the last of a group waits for the first, and the
// pages held in memory. A larger batch is a transaction of its own.
constexpr size_t GROUP_REQUESTS_MAX = 1024;
constexpr size_t GROUP_BYTES_MAX = 8 << 20;
// Bytes of batches waiting beyond which commit() fails OVERLOADED.
constexpr size_t WAITING_BYTES_MAX = 64 << 20;
// A database gives pages back to the disk once more than this fraction of them is free; so many in
// one transaction.
constexpr uint32_t FREE_PAGES_KEPT_DIVISOR = 64;
constexpr uint32_t VACUUM_PAGES_PER_STEP = 256;
// After each checkpoint so many pages are looked at for packing them more densely: as many as were
// written. A slice is written anew if that saves more than this fraction of it.
constexpr uint32_t COMPACTION_PAGES_PER_CHECKPOINT = 1024;
constexpr uint32_t COMPACTION_PAGES_PER_STEP = 128;
constexpr uint32_t COMPACTION_GAIN_DIVISOR = 32;
constexpr size_t COMPACTION_VALUE_BYTES_MAX = 1000;  // of a row that is moved

// What becomes of a database that is not there.
enum class Missing : uint8_t { CREATE, FAIL };

enum class Synchronous : uint8_t {
  FULL,
  NORMAL,  // loses acknowledged commits when the power goes
};

// Step n brings a database from format n to n + 1; step 0 creates it. Steps are never changed
// once released.
extern const kj::ArrayPtr<const char* const> STORE_FORMAT_STEPS;

struct StoreSettings {
  std::string path;
  const char* vfs = nullptr;  // SQLite's name for the disk; null is the platform's own
  Missing missing = Missing::CREATE;
  Synchronous synchronous = Synchronous::FULL;
  uint32_t checkpointFrames = CHECKPOINT_FRAMES;
  size_t waitingMax = STORE_WAITING_MAX;
  size_t waitingBytesMax = WAITING_BYTES_MAX;
  kj::ArrayPtr<const char* const> formatSteps = STORE_FORMAT_STEPS;
};

// What openStore() of store.h comes down to. The worker belongs to this store alone.
kj::Promise<kj::Own<Store>> openStore(kj::Own<Worker> worker, StoreSettings settings);

}  // namespace skerry
