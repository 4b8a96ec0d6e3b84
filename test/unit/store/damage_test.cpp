// A disk that changes what it was given to keep.
#include "test/unit/store/simulated_file.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <algorithm>

namespace skerry {
namespace {

constexpr int ROWS = 40;
constexpr uint64_t FLIPS = 150;

std::string keyOf(int row) { return "row-" + std::to_string(row); }

// A database of forty rows of 100 to 1,660 bytes.
struct Machine {
  explicit Machine(uint64_t seed) : disk("disk", SeededEntropy(seed)) { seedSqlite(seed); }
  MemoryDisk disk;
  std::map<std::string, Bytes> truth;

  StoreSettings settings() const { return settingsOn(disk); }

  enum class Last { CHECKPOINT, CRASH };
  void write(Last last) {
    SeededEntropy chance(1);
    Database database(settings());
    for (int row = 0; row < ROWS; ++row) {
      Bytes value(100 + 40 * row);
      chance.fill({value.data(), value.size()});
      Batch batch;
      batch.put(Table::LOCAL, "oslo", view(keyOf(row)), view(value));
      commit(database, kj::mv(batch));
      truth[keyOf(row)] = std::move(value);
    }
    if (last == Last::CHECKPOINT) database.close();
  }

  // Flips one bit in the value of a row, wherever it lies in the file.
  void damage(int row) {
    auto contents = disk.contents(FILE_NAME);
    auto& file = KJ_REQUIRE_NONNULL(contents);
    auto& value = truth.at(keyOf(row));
    auto found = std::search(file.begin(), file.end(), value.begin(), value.begin() + 64);
    KJ_REQUIRE(found != file.end());
    found[13] ^= 0x10;
    disk.place(FILE_NAME, std::move(file));
  }

  void script(kj::StringPtr sql) {
    auto opened = settings();
    Connection connection(opened);
    connection.script(sql);
  }
};

bool fails(std::string_view what, kj::Function<void()> call) {
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&]() { call(); })) {
    std::string text = reason->getDescription().cStr();
    return reason->getType() == kj::Exception::Type::FAILED && text.find(what) != std::string::npos;
  }
  return false;
}

TEST_CASE("a damaged row is reported by name when it is read, and the others are served") {
  Machine machine(1);
  machine.write(Machine::Last::CHECKPOINT);
  machine.damage(7);
  Database database(machine.settings());
  auto read = [&](int row) { return get(database, Table::LOCAL, "oslo", view(keyOf(row))); };
  CHECK(fails("fails its checksum", [&]() { read(7); }));
  CHECK(fails("document \"oslo\", table 4, key " + hex(view(keyOf(7))), [&]() { read(7); }));
  CHECK(fails("restore the file from a backup", [&]() { read(7); }));
  CHECK(fails("fails its checksum", [&]() { scan(database, Table::LOCAL, "oslo"); }));
  for (int row = 0; row < ROWS; ++row) {
    if (row == 7) continue;
    auto found = read(row);
    CHECK((KJ_REQUIRE_NONNULL(found) == machine.truth[keyOf(row)]));
  }
}

TEST_CASE("a damaged row fails the batch that expects something of it, and can be written anew") {
  Machine machine(1);
  machine.write(Machine::Last::CHECKPOINT);
  machine.damage(7);
  Database database(machine.settings());
  auto key = keyOf(7), other = keyOf(8);
  Batch expecting;
  expecting.put(Table::LOCAL, "oslo", view(other), nullptr);
  expecting.expect(Table::LOCAL, "oslo", view(key), nullptr);
  CHECK(fails("fails its checksum", [&]() { commit(database, kj::mv(expecting)); }));
  auto untouched = get(database, Table::LOCAL, "oslo", view(other));
  CHECK((KJ_REQUIRE_NONNULL(untouched) == machine.truth[other]));
  Batch writing;
  writing.put(Table::LOCAL, "oslo", view(key), view(other));
  commit(database, kj::mv(writing));
  CHECK(scan(database, Table::LOCAL, "oslo").size() == ROWS);
}

TEST_CASE("a row that became another key's, table's or document's is not served as theirs") {
  Machine moved(1);
  moved.write(Machine::Last::CHECKPOINT);
  moved.script("UPDATE rows SET key = x'00' WHERE doc = 'oslo' AND key = 'row-3'");
  moved.script("UPDATE rows SET tbl = 5 WHERE doc = 'oslo' AND key = CAST('row-4' AS BLOB)");
  moved.script("UPDATE rows SET doc = 'bergen' WHERE key = CAST('row-5' AS BLOB)");
  moved.script("UPDATE rows SET key = x'00' WHERE doc = 'oslo' AND key = CAST('row-6' AS BLOB)");
  Database database(moved.settings());
  auto key = keyOf(4), zero = std::string(1, '\0');
  CHECK(fails("checksum", [&]() { get(database, Table::LOCAL, "oslo", view(zero)); }));
  CHECK(fails("checksum", [&]() { get(database, Table::CONTEXT, "oslo", view(key)); }));
  CHECK(fails("checksum", [&]() { scan(database, Table::LOCAL, "bergen"); }));
  CHECK(fails("checksum", [&]() { documents(database, Table::LOCAL); }));
  CHECK(fails("checksum", [&]() { documents(database, Table::CONTEXT); }));
}

TEST_CASE("tidying keeps a damaged row damaged") {
  Machine machine(1);
  machine.write(Machine::Last::CHECKPOINT);
  machine.damage(7);
  auto settings = machine.settings();
  settings.checkpointFrames = 1;
  Database database(settings);
  // Shrinks every other row, so that packing the rest is worth it.
  for (int row = 8; row < ROWS; row += 2) {
    Batch batch;
    batch.put(Table::LOCAL, "oslo", view(keyOf(row)), nullptr);
    commit(database, kj::mv(batch));
    tidyUp(database);
  }
  auto key = keyOf(7), other = keyOf(6);
  CHECK(fails("checksum", [&]() { get(database, Table::LOCAL, "oslo", view(key)); }));
  auto whole = get(database, Table::LOCAL, "oslo", view(other));
  CHECK((KJ_REQUIRE_NONNULL(whole) == machine.truth[other]));
}

TEST_CASE("a database without its version has lost rows, and is refused") {
  Machine machine(1);
  machine.write(Machine::Last::CHECKPOINT);
  machine.script("DELETE FROM rows WHERE doc = '' AND tbl = 0");
  CHECK(fails("has lost its version", [&]() { Database database(machine.settings()); }));
}

// What is read is as it was written, or an error, or, where the flip hit SQLite's own structures or
// cut the WAL short, nothing.
uint64_t noticedFlips(const char* file, Machine::Last last) {
  uint64_t noticed = 0;
  for (uint64_t seed = 1; seed <= FLIPS; ++seed) {
    CAPTURE(file);
    CAPTURE(seed);
    Machine machine(seed);
    machine.write(last);
    REQUIRE(machine.disk.flipBit(file));
    bool failed = kj::runCatchingExceptions([&]() {
      Database database(machine.settings());
      for (auto& [key, value] : machine.truth) {
        auto failure = kj::runCatchingExceptions([&, &key = key, &value = value]() {
          KJ_IF_MAYBE(found, get(database, Table::LOCAL, "oslo", view(key))) {
            CHECK((*found == value));
          }
        });
        if (failure != nullptr) ++noticed;
      }
      for (auto& name : documents(database, Table::LOCAL)) CHECK(name == "oslo");
      for (auto& row : scan(database, Table::LOCAL, "oslo")) {
        CHECK((machine.truth.at(text(view(row.key))) == row.value));
      }
    }) != nullptr;
    noticed += failed;
  }
  return noticed;
}

TEST_CASE("everybody who asks a damaged database is told what to do, not the first alone") {
  Machine machine(1);
  machine.write(Machine::Last::CHECKPOINT);
  auto contents = machine.disk.contents(FILE_NAME);
  auto& file = KJ_REQUIRE_NONNULL(contents);
  for (size_t at = file.size() / 2; at < file.size(); ++at) file[at] ^= 0x5a;
  machine.disk.place(FILE_NAME, std::move(file));
  Database database(machine.settings());
  for (int time = 0; time < 3; ++time) {
    std::string said = "nothing";
    KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&]() {
      scan(database, Table::LOCAL, "oslo");
    })) {
      said = reason->getDescription().cStr();
    }
    CHECK_MESSAGE(said.find("move it away") != said.npos, said);
  }
}

TEST_CASE("no bit flipped anywhere in the database is ever served") {
  CHECK(noticedFlips(FILE_NAME, Machine::Last::CHECKPOINT) > FLIPS / 3);
}

TEST_CASE("no bit flipped anywhere in the write-ahead log is ever served") {
  noticedFlips(WAL_NAME, Machine::Last::CRASH);
}

}  // namespace
}  // namespace skerry
