// Which files are opened, and what a refusal says.
#include "test/unit/store/simulated_file.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/filesystem.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace skerry {
namespace {

struct Machine {
  Machine() : disk("disk", SeededEntropy(1)) { seedSqlite(1); }
  MemoryDisk disk;

  StoreSettings settings() const { return settingsOn(disk); }
  void create() {
    Database database(settings());
    Batch batch;
    batch.put(Table::LOCAL, "oslo", view(std::string_view("lamp")), view(std::string_view("on")));
    commit(database, kj::mv(batch));
    database.close();
  }
  std::string refusal() const { return refusal(settings()); }
  static std::string refusal(StoreSettings settings) {
    KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&]() { Database database(settings); })) {
      CHECK(reason->getType() == kj::Exception::Type::FAILED);
      return reason->getDescription().cStr();
    }
    return "not refused";
  }
  Bytes contents() const {
    auto bytes = disk.contents(FILE_NAME);
    return kj::mv(KJ_REQUIRE_NONNULL(bytes));
  }
  bool hasLamp(StoreSettings settings) const {
    Database database(settings);
    return get(database, Table::LOCAL, "oslo", view(std::string_view("lamp"))) != nullptr;
  }
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a file that is no database is refused, and left as it was") {
  for (size_t size : {1, 100, 4096, 9000}) {
    CAPTURE(size);
    Machine machine;
    Bytes notes(size, uint8_t('n'));
    machine.disk.place(FILE_NAME, notes);
    auto refusal = machine.refusal();
    CHECK(contains(refusal, "no database"));
    CHECK(contains(refusal, FILE_NAME));
    CHECK((machine.contents() == notes));
  }
}

TEST_CASE("another program's database is refused, and left as it was") {
  Machine machine;
  auto settings = machine.settings();
  {
    Connection theirs(settings);
    theirs.script("CREATE TABLE rows(doc, tbl, key, sum, value)");
  }
  auto before = machine.contents();
  CHECK(contains(machine.refusal(), "belongs to another program"));
  CHECK((machine.contents() == before));
}

// The product of tomorrow, which knows one format more.
StoreSettings tomorrow(const MemoryDisk& disk) {
  static const char* const steps[] = {
      STORE_FORMAT_STEPS[0], "CREATE TABLE notes(text TEXT); INSERT INTO notes VALUES('migrated')"};
  auto settings = settingsOn(disk);
  settings.formatSteps = steps;
  return settings;
}

int64_t notesIn(StoreSettings settings) {
  Connection connection(settings);
  return connection.number("SELECT count(*) FROM notes");
}

TEST_CASE("a database of an older format is brought to the newest, once, and keeps its rows") {
  Machine machine;
  machine.create();
  CHECK(machine.hasLamp(tomorrow(machine.disk)));
  CHECK(machine.hasLamp(tomorrow(machine.disk)));
  CHECK(notesIn(tomorrow(machine.disk)) == 1);
}

TEST_CASE("a database of a newer format is refused, and left as it was") {
  Machine machine;
  machine.create();
  CHECK(machine.hasLamp(tomorrow(machine.disk)));
  auto before = machine.contents();
  CHECK(contains(machine.refusal(), "newer version"));
  CHECK((machine.contents() == before));
  CHECK(machine.hasLamp(tomorrow(machine.disk)));
}

TEST_CASE("a migration that fails leaves the database as it was") {
  static const char* const wrong[] = {
      STORE_FORMAT_STEPS[0], "CREATE TABLE notes(text TEXT); INSERT INTO nowhere VALUES(1)"};
  Machine machine;
  machine.create();
  auto settings = machine.settings();
  settings.formatSteps = wrong;
  CHECK(contains(Machine::refusal(settings), "nowhere"));
  CHECK(machine.hasLamp(machine.settings()));
}

TEST_CASE("a migration cut short at any disk call is done when the database is opened again") {
  uint64_t struck = 0;
  for (uint64_t n = 1; n < 60; ++n) {
    CAPTURE(n);
    Machine machine;
    machine.create();
    machine.disk.cutPowerAtCall(n, []() {});
    kj::runCatchingExceptions([&]() { Database database(tomorrow(machine.disk)); });
    struck += machine.disk.counts().cutInCall;
    machine.disk.restorePower();
    CHECK(machine.hasLamp(tomorrow(machine.disk)));
    CHECK(notesIn(tomorrow(machine.disk)) == 1);
  }
  CHECK(struck > 5);
}

TEST_CASE("a database is used by one opener at a time, and the second is told so") {
  Machine machine;
  machine.create();
  {
    Database first(machine.settings());
    CHECK(contains(machine.refusal(), "another process uses this database"));
    commit(first, Batch());
    CHECK(contains(machine.refusal(), "another process uses this database"));
  }
  CHECK(machine.hasLamp(machine.settings()));
}

TEST_CASE("a second process is refused a database in use, and let in when it is free") {
  char folder[] = "/tmp/skerry-store-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  KJ_DEFER({
    auto filesystem = kj::newDiskFilesystem();
    filesystem->getRoot().remove(filesystem->getCurrentPath().evalNative(folder));
  });
  StoreSettings settings;
  settings.path = std::string(folder) + "/ledger.db";
  constexpr int REFUSED = 7, LET_IN = 8;
  auto inAnotherProcess = [&]() {
    pid_t child = fork();
    if (child == 0) {
      auto failed = kj::runCatchingExceptions([&]() { Database second(settings); });
      bool refused = false;
      KJ_IF_MAYBE(reason, failed) {
        refused = contains(reason->getDescription().cStr(), "another process uses this database");
      }
      _exit(refused ? REFUSED : failed == nullptr ? LET_IN : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  {
    Database first(settings);
    CHECK(inAnotherProcess() == REFUSED);
    commit(first, Batch());
    first.close();
  }
  CHECK(inAnotherProcess() == LET_IN);
}

TEST_CASE("a database in a folder that does not exist says what to check") {
  StoreSettings settings;
  settings.path = "/tmp/skerry-no-such-folder/ledger.db";
  auto failed = kj::runCatchingExceptions([&]() { Database database(settings); });
  auto& reason = KJ_REQUIRE_NONNULL(failed);
  CHECK(contains(reason.getDescription().cStr(), "check that its folder exists"));
  CHECK(contains(reason.getDescription().cStr(), settings.path));
}

}  // namespace
}  // namespace skerry
