// The size of the file follows what is in it, whatever was in it before.
#include "test/unit/store/simulated_file.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr uint64_t WRITES = 200'000;
constexpr uint64_t KEYS = 2'000;
constexpr int WRITES_PER_BATCH = 100;

std::string keyOf(uint64_t n) {
  return "tenant-" + std::to_string(n % 7) + "/application-" + std::to_string(n);
}

size_t sizeOf(const MemoryDisk& disk) {
  auto contents = disk.contents(FILE_NAME);
  return KJ_REQUIRE_NONNULL(contents).size();
}

using Model = std::map<std::string, Bytes>;

// Values of 20 to 400 bytes; every fourth write erases.
Batch drawBatch(SeededEntropy& chance, Model& model) {
  Batch batch;
  for (int i = 0; i < WRITES_PER_BATCH; ++i) {
    auto key = keyOf(chance.between(1, KEYS));
    if (chance.chance(25)) {
      batch.erase(Table::LOCAL, "oslo", view(key));
      model.erase(key);
    } else {
      Bytes value(chance.between(20, 400), uint8_t(i));
      batch.put(Table::LOCAL, "oslo", view(key), view(value));
      model[key] = std::move(value);
    }
  }
  return batch;
}

// As a replica that is sent the rows for the first time.
size_t freshCopy(const Model& model) {
  MemoryDisk disk("fresh", SeededEntropy(1));
  Database database(settingsOn(disk));
  Batch batch;
  for (auto& [key, value] : model) batch.put(Table::LOCAL, "oslo", view(key), view(value));
  commit(database, kj::mv(batch));
  database.close();
  return sizeOf(disk);
}

// One row written over and over, until its WAL frames made upkeep due.
void beQuiet(Database& database, Model& model) {
  model["heartbeat"] = Bytes(10);
  for (uint32_t i = 0; i <= CHECKPOINT_FRAMES; ++i) {
    Batch batch;
    batch.put(Table::LOCAL, "oslo", view(std::string_view("heartbeat")), view(model["heartbeat"]));
    commit(database, kj::mv(batch));
    tidyUp(database);
  }
}

TEST_CASE("200,000 writes over 2,000 keys leave a file no larger than a fresh copy") {
  seedSqlite(1);
  MemoryDisk disk("disk", SeededEntropy(1));
  SeededEntropy chance(1);
  Model model;
  Database database(settingsOn(disk));
  size_t largest = 0;
  for (uint64_t written = 0; written < WRITES; written += WRITES_PER_BATCH) {
    commit(database, drawBatch(chance, model));
    tidyUp(database);
    largest = kj::max(largest, sizeOf(disk));
  }
  beQuiet(database, model);
  database.close();
  auto fresh = freshCopy(model);
  MESSAGE("at most ", largest, " bytes, at the end ", sizeOf(disk), ", fresh ", fresh);
  CHECK(sizeOf(disk) <= fresh * 105 / 100);
  CHECK(largest <= fresh * 150 / 100);
}

TEST_CASE("what was erased gives its pages back to the disk") {
  seedSqlite(1);
  MemoryDisk disk("disk", SeededEntropy(1));
  SeededEntropy chance(1);
  Model model;
  Database database(settingsOn(disk));
  for (int site = 0; site < 30; ++site) {
    Batch batch;
    auto document = kj::str("site-", site);
    for (int row = 0; row < 200; ++row) {
      batch.put(Table::ORDERS, document, view(keyOf(row)), view(Bytes(500, uint8_t(row))));
    }
    commit(database, kj::mv(batch));
    tidyUp(database);
  }
  beQuiet(database, model);
  auto full = sizeOf(disk);
  for (int site = 1; site < 30; ++site) {
    Batch batch;
    batch.eraseAll(Table::ORDERS, kj::str("site-", site));
    commit(database, kj::mv(batch));
    tidyUp(database);
  }
  beQuiet(database, model);
  CHECK(sizeOf(disk) < full / 20);
  CHECK(scan(database, Table::ORDERS, "site-0").size() == 200);
}

// Rows that do not pack well whatever one does: three to a page, a fourth does not fit.
TEST_CASE("tidying ends, and writes nothing when there is nothing to gain") {
  seedSqlite(1);
  MemoryDisk disk("disk", SeededEntropy(1));
  Database database(settingsOn(disk));
  Batch batch;
  for (int row = 0; row < 600; ++row) {
    batch.put(Table::LOCAL, "oslo", view(keyOf(row)), view(Bytes(950, uint8_t(row))));
  }
  commit(database, kj::mv(batch));
  Model model;
  beQuiet(database, model);
  beQuiet(database, model);
  auto before = disk.counts().writtenBytes;
  beQuiet(database, model);
  CHECK(disk.counts().writtenBytes - before < (CHECKPOINT_FRAMES + 200) * 4200 * 1.2);
}

}  // namespace
}  // namespace skerry
