// One database file on a simulated disk, used without a loop: for tests of what SQLite and the disk
// do with each other.
#pragma once
#include "shared/store/database.h"
#include "test/sim/fault_vfs.h"
#include "test/unit/store/promises.h"

namespace skerry {

constexpr const char* FILE_NAME = "ledger.db";
constexpr const char* WAL_NAME = "ledger.db-wal";

inline StoreSettings settingsOn(const MemoryDisk& disk) {
  StoreSettings settings;
  settings.path = FILE_NAME;
  settings.vfs = disk.vfsName();
  return settings;
}

// One transaction of one batch: its version, or what it failed with, thrown.
uint64_t commit(Database& database, Batch batch);
kj::Maybe<Bytes> get(Database& database, Table table, kj::StringPtr document, BytesView key);
std::vector<Row> scan(Database& database, Table table, kj::StringPtr document);
std::vector<std::string> documents(Database& database, Table table);

// Upkeep and tidying until none is due.
void tidyUp(Database& database);

// Compares the file with what was promised; SQLite checks its own structures too.
void audit(MemoryDisk& disk, Promises& promises, Findings& findings);

}  // namespace skerry
