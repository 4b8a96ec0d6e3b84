// The simulated disk itself: a test of durability is worth what its disk is.
#include "test/sim/fault_vfs.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <sqlite3.h>

namespace skerry {
namespace {

constexpr int PAGE = 4096;

// An open file, as SQLite holds one.
class Handle {
public:
  Handle(MemoryDisk& disk, const char* name, int kind) {
    auto vfs = sqlite3_vfs_find(disk.vfsName());
    storage.resize(vfs->szOsFile);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | kind;
    opened = vfs->xOpen(vfs, name, file(), flags, nullptr);
  }
  ~Handle() {
    if (file()->pMethods != nullptr) file()->pMethods->xClose(file());
  }
  KJ_DISALLOW_COPY(Handle);

  int write(int page, char fill) {
    std::string bytes(PAGE, fill);
    return file()->pMethods->xWrite(file(), bytes.data(), PAGE, page * PAGE);
  }
  int sync() { return file()->pMethods->xSync(file(), SQLITE_SYNC_NORMAL); }
  int truncate(int pages) { return file()->pMethods->xTruncate(file(), pages * PAGE); }
  int lock(int level) { return file()->pMethods->xLock(file(), level); }
  int unlock(int level) { return file()->pMethods->xUnlock(file(), level); }

  int opened;

private:
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(storage.data()); }
  std::vector<char> storage;
};

std::string contentsOf(MemoryDisk& disk, const char* name) {
  auto contents = disk.contents(name);
  KJ_IF_MAYBE(bytes, contents) return text(view(*bytes));
  return "-";
}

TEST_CASE("what was synced survives a power cut, what was not may, whole, in part or not at all") {
  uint64_t kept = 0, lost = 0, torn = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    MemoryDisk disk("disk", SeededEntropy(seed));
    {
      Handle journal(disk, "journal", SQLITE_OPEN_WAL), handle(disk, "file", SQLITE_OPEN_MAIN_DB);
      handle.write(0, 's');
      handle.sync();
      journal.sync();  // and with it the names of both
      handle.write(1, 'u');
      disk.cutPower();
      CHECK(handle.write(1, 'x') == SQLITE_IOERR_WRITE);
      CHECK(handle.sync() == SQLITE_IOERR_FSYNC);
    }
    disk.restorePower();
    auto after = contentsOf(disk, "file");
    CHECK(after.substr(0, PAGE) == std::string(PAGE, 's'));
    auto unsynced = after.substr(PAGE);
    CHECK(unsynced.find('x') == std::string::npos);
    if (unsynced.empty()) ++lost;
    else if (unsynced == std::string(PAGE, 'u')) ++kept;
    else ++torn;
  }
  CHECK(kept > 50);
  CHECK(lost > 50);
  CHECK(torn > 0);
}

TEST_CASE("a new file's name is durable once a journal or a log of the folder was synced") {
  uint64_t gone = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    MemoryDisk disk("disk", SeededEntropy(seed));
    { Handle handle(disk, "unsynced", SQLITE_OPEN_MAIN_DB); }
    disk.cutPower();
    disk.restorePower();
    gone += contentsOf(disk, "unsynced") == "-";
    { Handle handle(disk, "named", SQLITE_OPEN_MAIN_DB); }
    // A log that another process created counts like one's own.
    { Handle log(disk, "log", SQLITE_OPEN_WAL); }
    Handle log(disk, "log", SQLITE_OPEN_WAL);
    log.sync();
    disk.cutPower();
    disk.restorePower();
    CHECK(contentsOf(disk, "named") == "");
    CHECK(contentsOf(disk, "log") == "");
  }
  CHECK(gone > 10);
  CHECK(gone < 50);
}

TEST_CASE("a process that ends loses nothing that it wrote") {
  MemoryDisk disk("disk", SeededEntropy(1));
  {
    Handle handle(disk, "file", SQLITE_OPEN_MAIN_DB);
    handle.write(0, 'w');
    disk.cutPower();
  }
  disk.restoreProcess();
  CHECK(contentsOf(disk, "file") == std::string(PAGE, 'w'));
}

TEST_CASE("a sync that lies makes nothing durable") {
  uint64_t lost = 0;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    MemoryDisk disk("disk", SeededEntropy(seed));
    disk.place("file", Bytes());
    disk.setSyncLies(true);
    {
      Handle handle(disk, "file", SQLITE_OPEN_MAIN_DB);
      handle.write(0, 'w');
      CHECK(handle.sync() == SQLITE_OK);
    }
    disk.cutPower();
    disk.restorePower();
    lost += contentsOf(disk, "file").empty();
  }
  CHECK(lost > 10);
}

TEST_CASE("a full or failing disk refuses so many calls, changes nothing, and recovers") {
  MemoryDisk disk("disk", SeededEntropy(1));
  Handle handle(disk, "file", SQLITE_OPEN_MAIN_DB);
  disk.fillAtWrite(2, 2);
  CHECK(handle.write(0, 'a') == SQLITE_OK);
  CHECK(handle.write(0, 'b') == SQLITE_FULL);
  CHECK(handle.write(1, 'b') == SQLITE_FULL);
  CHECK(contentsOf(disk, "file") == std::string(PAGE, 'a'));
  CHECK(handle.write(0, 'c') == SQLITE_OK);
  disk.failAtCall(1, 3);
  CHECK(handle.write(0, 'd') == SQLITE_IOERR_WRITE);
  CHECK(handle.sync() == SQLITE_IOERR_FSYNC);
  CHECK(handle.truncate(0) == SQLITE_IOERR_TRUNCATE);
  CHECK(contentsOf(disk, "file") == std::string(PAGE, 'c'));
  CHECK(handle.truncate(0) == SQLITE_OK);
  CHECK(contentsOf(disk, "file") == "");
}

TEST_CASE("power can go in the middle of a chosen call, and the test is told") {
  MemoryDisk disk("disk", SeededEntropy(1));
  Handle handle(disk, "file", SQLITE_OPEN_MAIN_DB);
  bool told = false;
  disk.cutPowerAtCall(2, [&]() { told = true; });
  CHECK(handle.write(0, 'a') == SQLITE_OK);
  CHECK_FALSE(told);
  CHECK(handle.write(0, 'b') != SQLITE_OK);
  CHECK(told);
  CHECK_FALSE(disk.hasPower());
  CHECK(disk.counts().cutInCall == 1);
}

TEST_CASE("files are locked between handles: many readers, one writer, nobody beside it") {
  MemoryDisk disk("disk", SeededEntropy(1));
  Handle first(disk, "file", SQLITE_OPEN_MAIN_DB);
  {
    Handle second(disk, "file", SQLITE_OPEN_MAIN_DB);
    CHECK(first.lock(SQLITE_LOCK_SHARED) == SQLITE_OK);
    CHECK(second.lock(SQLITE_LOCK_SHARED) == SQLITE_OK);
    CHECK(first.lock(SQLITE_LOCK_RESERVED) == SQLITE_OK);
    CHECK(second.lock(SQLITE_LOCK_RESERVED) == SQLITE_BUSY);
    CHECK(first.lock(SQLITE_LOCK_EXCLUSIVE) == SQLITE_BUSY);
    CHECK(second.unlock(SQLITE_LOCK_NONE) == SQLITE_OK);
    CHECK(first.lock(SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK);
    CHECK(second.lock(SQLITE_LOCK_SHARED) == SQLITE_BUSY);
    CHECK(first.unlock(SQLITE_LOCK_NONE) == SQLITE_OK);
    CHECK(second.lock(SQLITE_LOCK_SHARED) == SQLITE_OK);
    CHECK(second.lock(SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK);
  }
  CHECK(first.lock(SQLITE_LOCK_SHARED) == SQLITE_OK);
}

TEST_CASE("a flipped bit is one bit of a file that is there") {
  MemoryDisk disk("disk", SeededEntropy(1));
  CHECK_FALSE(disk.flipBit("file"));
  disk.place("file", Bytes());
  CHECK_FALSE(disk.flipBit("file"));
  disk.place("file", Bytes(100));
  CHECK(disk.flipBit("file"));
  int bits = 0;
  for (char byte : contentsOf(disk, "file")) bits += __builtin_popcount(uint8_t(byte));
  CHECK(bits == 1);
}

TEST_CASE("disks of one name are refused, and equal files have equal digests") {
  MemoryDisk disk("disk", SeededEntropy(1)), other("other", SeededEntropy(2));
  CHECK_THROWS_AS(MemoryDisk("disk", SeededEntropy(3)), kj::Exception);
  disk.place("file", Bytes(10, 1));
  CHECK(disk.digest() != other.digest());
  other.place("file", Bytes(10, 1));
  CHECK(disk.digest() == other.digest());
}

}  // namespace
}  // namespace skerry
