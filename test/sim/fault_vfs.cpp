#include "test/sim/fault_vfs.h"
#include <kj/debug.h>
#include <sqlite3.h>
#include <cstring>
#include <new>

namespace skerry {

namespace {

constexpr size_t SECTOR_BYTES = 512;
constexpr sqlite3_int64 JULIAN_MS = 212'000'000'000'000;  // any fixed moment

bool contains(uint64_t from, uint64_t length, uint64_t n) { return n >= from && n - from < length; }

}  // namespace

struct MemoryDisk::File {
  Bytes cached, durable;
  std::vector<Write> unsynced;
  std::map<const Handle*, int> locks;  // of open handles, by SQLite's levels

  static void apply(Bytes& to, const Write& change) {
    if (change.truncates) {
      to.resize(change.offset);
      return;
    }
    size_t end = change.offset + change.data.size();
    if (to.size() < end) to.resize(end);
    if (change.data.empty()) return;
    memcpy(to.data() + change.offset, change.data.data(), change.data.size());
  }

  int highestLockOfOthers(const Handle* than) const {
    int highest = SQLITE_LOCK_NONE;
    for (auto& [handle, level] : locks) {
      if (handle != than) highest = kj::max(highest, level);
    }
    return highest;
  }
};

struct MemoryDisk::Handle {
  sqlite3_file base;
  MemoryDisk* disk;
  std::shared_ptr<File> file;
  bool syncsDirectory;  // a journal or WAL that may be new, until its first sync
};

// The C side. None of it may throw.
struct MemoryDisk::Callbacks {
  static Handle& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
  static MemoryDisk& of(sqlite3_vfs* vfs) { return *static_cast<MemoryDisk*>(vfs->pAppData); }

  static int close(sqlite3_file* file) {
    of(file).file->locks.erase(&of(file));
    of(file).~Handle();
    return SQLITE_OK;
  }

  static int read(sqlite3_file* handle, void* into, int size, sqlite3_int64 offset) {
    if (of(handle).disk->beginCall() != Fault::NONE) return SQLITE_IOERR_READ;
    auto& from = of(handle).file->cached;
    memset(into, 0, size);
    if (offset >= sqlite3_int64(from.size())) return SQLITE_IOERR_SHORT_READ;
    int there = int(kj::min(sqlite3_int64(size), sqlite3_int64(from.size()) - offset));
    memcpy(into, from.data() + offset, there);
    return there == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  static int write(sqlite3_file* handle, const void* from, int size, sqlite3_int64 offset) {
    auto& disk = *of(handle).disk;
    auto fault = disk.beginWrite();
    if (fault == Fault::FULL) return SQLITE_FULL;
    if (fault == Fault::BROKEN) return SQLITE_IOERR_WRITE;
    auto bytes = static_cast<const uint8_t*>(from);
    disk.write(*of(handle).file, {offset, Bytes(bytes, bytes + size), false});
    return fault == Fault::DEAD ? SQLITE_IOERR_WRITE : SQLITE_OK;
  }

  static int truncate(sqlite3_file* handle, sqlite3_int64 size) {
    auto& disk = *of(handle).disk;
    if (disk.beginCall() != Fault::NONE) return SQLITE_IOERR_TRUNCATE;
    disk.write(*of(handle).file, {size, {}, true});
    return SQLITE_OK;
  }

  static int sync(sqlite3_file* handle, int) {
    auto& disk = *of(handle).disk;
    if (disk.beginCall() != Fault::NONE) return SQLITE_IOERR_FSYNC;
    ++disk.count.syncs;
    if (disk.syncLies) return SQLITE_OK;
    disk.sync(*of(handle).file);
    if (of(handle).syncsDirectory) disk.durable = disk.cached;
    of(handle).syncsDirectory = false;
    return SQLITE_OK;
  }

  static int size(sqlite3_file* handle, sqlite3_int64* result) {
    *result = of(handle).file->cached.size();
    return SQLITE_OK;
  }

  // https://www.sqlite.org/lockingv3.html: one holder of RESERVED, none beside EXCLUSIVE.
  static int lock(sqlite3_file* handle, int level) {
    auto& file = *of(handle).file;
    auto& own = file.locks[&of(handle)];
    int others = file.highestLockOfOthers(&of(handle));
    int allowed = level == SQLITE_LOCK_SHARED ? SQLITE_LOCK_RESERVED
                : level == SQLITE_LOCK_RESERVED ? SQLITE_LOCK_SHARED : SQLITE_LOCK_NONE;
    if (others > allowed) return SQLITE_BUSY;
    own = kj::max(own, level);
    return SQLITE_OK;
  }

  static int unlock(sqlite3_file* handle, int level) {
    of(handle).file->locks[&of(handle)] = level;
    return SQLITE_OK;
  }

  static int isReserved(sqlite3_file* handle, int* result) {
    *result = of(handle).file->highestLockOfOthers(nullptr) >= SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
  }

  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sectorSize(sqlite3_file*) { return 4096; }
  static int traits(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* handle, int flags, int* out) {
    static const sqlite3_io_methods METHODS = {
      1, close, read, write, truncate, sync, size, lock, unlock, isReserved, control, sectorSize,
      traits, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr };
    handle->pMethods = nullptr;
    auto& disk = of(vfs);
    if (disk.beginCall() != Fault::NONE) return SQLITE_CANTOPEN;
    std::shared_ptr<File> file;
    if (name != nullptr) {
      auto found = disk.cached.find(name);
      if (found != disk.cached.end()) file = found->second;
    }
    bool creates = file == nullptr;
    if (creates && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
    if (creates) file = std::make_shared<File>();
    if (creates && name != nullptr) disk.cached[name] = file;
    constexpr int JOURNALS = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    bool mayBeNew = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & JOURNALS) != 0;
    new (handle) Handle {{&METHODS}, &disk, file, mayBeNew};
    if (out != nullptr) *out = flags;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int syncsDirectory) {
    auto& disk = of(vfs);
    if (disk.beginCall() != Fault::NONE) return SQLITE_IOERR_DELETE;
    if (disk.cached.erase(name) == 0) return SQLITE_IOERR_DELETE_NOENT;
    if (syncsDirectory && !disk.syncLies) disk.durable = disk.cached;
    return SQLITE_OK;
  }

  static int access(sqlite3_vfs* vfs, const char* name, int, int* result) {
    if (of(vfs).beginCall() != Fault::NONE) return SQLITE_IOERR_ACCESS;
    *result = of(vfs).cached.count(name) != 0;
    return SQLITE_OK;
  }

  static int fullPath(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
  }

  static int randomness(sqlite3_vfs* vfs, int size, char* out) {
    for (int i = 0; i < size; ++i) out[i] = char(of(vfs).entropy.next());
    return size;
  }

  static int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }
  static int lastError(sqlite3_vfs*, int, char*) { return 0; }
  static int now(sqlite3_vfs*, sqlite3_int64* julianMs) {
    *julianMs = JULIAN_MS;
    return SQLITE_OK;
  }
};

void seedSqlite(uint64_t seed) {
  sqlite3_initialize();
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, int(seed | 1), static_cast<sqlite3*>(nullptr));
}

MemoryDisk::MemoryDisk(kj::StringPtr name, SeededEntropy entropy)
    : name(kj::str(name)), entropy(entropy), vfs(new sqlite3_vfs {}) {
  sqlite3_initialize();
  vfs->iVersion = 2;
  vfs->szOsFile = sizeof(Handle);
  vfs->mxPathname = 256;
  vfs->zName = this->name.cStr();
  vfs->pAppData = this;
  vfs->xOpen = Callbacks::open;
  vfs->xDelete = Callbacks::remove;
  vfs->xAccess = Callbacks::access;
  vfs->xFullPathname = Callbacks::fullPath;
  vfs->xRandomness = Callbacks::randomness;
  vfs->xSleep = Callbacks::sleep;
  vfs->xGetLastError = Callbacks::lastError;
  vfs->xCurrentTimeInt64 = Callbacks::now;
  KJ_REQUIRE(sqlite3_vfs_find(vfs->zName) == nullptr, "two disks of one name", name);
  KJ_ASSERT(sqlite3_vfs_register(vfs.get(), 0) == SQLITE_OK);
}

MemoryDisk::~MemoryDisk() { sqlite3_vfs_unregister(vfs.get()); }

void MemoryDisk::cutPowerAtCall(uint64_t n, kj::Function<void()> whenCut) {
  cutAtCall = count.calls + n;
  this->whenCut = kj::mv(whenCut);
}

void MemoryDisk::fillAtWrite(uint64_t n, uint64_t writes) {
  fullWrites = {count.writes + n, writes};
}

void MemoryDisk::failAtCall(uint64_t n, uint64_t calls) {
  failedCalls = {count.calls + n, calls};
}

void MemoryDisk::clearFaults() {
  fullWrites = failedCalls = {};
  cutAtCall = 0;
}

void MemoryDisk::setSyncLies(bool lies) {
  if (syncLies && !lies) {
    for (auto& [name, file] : cached) sync(*file);
    durable = cached;
  }
  syncLies = lies;
}

void MemoryDisk::wipe() {
  cached.clear();
  durable.clear();
}

MemoryDisk::Fault MemoryDisk::beginCall() {
  if (!powered) return Fault::DEAD;
  ++count.calls;
  if (count.calls == cutAtCall) {
    powered = false;
    ++count.cutInCall;
    KJ_IF_MAYBE(callback, whenCut) (*callback)();
    return Fault::DEAD;
  }
  if (!contains(failedCalls.from, failedCalls.length, count.calls)) return Fault::NONE;
  ++count.failedCalls;
  return Fault::BROKEN;
}

MemoryDisk::Fault MemoryDisk::beginWrite() {
  bool wasPowered = powered;
  auto fault = beginCall();
  if (fault == Fault::DEAD && !wasPowered) return Fault::BROKEN;  // was off: not even a torn write
  if (fault != Fault::NONE) return fault;
  ++count.writes;
  if (!contains(fullWrites.from, fullWrites.length, count.writes)) return Fault::NONE;
  ++count.fullWrites;
  return Fault::FULL;
}

void MemoryDisk::write(File& file, Write change) {
  count.writtenBytes += change.data.size();
  File::apply(file.cached, change);
  file.unsynced.push_back(std::move(change));
}

void MemoryDisk::sync(File& file) {
  for (auto& change : file.unsynced) File::apply(file.durable, change);
  file.unsynced.clear();
}

void MemoryDisk::restorePower() {
  Directory survivors = durable;
  for (auto& entry : cached) {
    if (!durable.count(entry.first) && entropy.chance(50)) survivors.insert(entry);
  }
  for (auto& entry : durable) {
    if (!cached.count(entry.first) && entropy.chance(50)) survivors.erase(entry.first);
  }
  for (auto& entry : survivors) survive(*entry.second);
  cached = durable = survivors;
  clearFaults();
  powered = true;
}

void MemoryDisk::survive(File& file) {
  // Half the time all or nothing of the cache survives; else each write has its own fate.
  unsigned keepPercent = entropy.chance(50) ? entropy.chance(50) * 100 : entropy.between(1, 99);
  for (auto& change : file.unsynced) {
    if (!entropy.chance(keepPercent)) {
      ++count.lostWrites;
      continue;
    }
    if (!change.truncates && change.data.size() > SECTOR_BYTES && entropy.chance(25)) {
      ++count.tornWrites;
      tear(file, change);
    } else {
      File::apply(file.durable, change);
    }
  }
  file.cached = file.durable;
  file.unsynced.clear();
}

// A random subset of the sectors arrives.
void MemoryDisk::tear(File& file, const Write& change) {
  for (size_t at = 0; at < change.data.size(); at += SECTOR_BYTES) {
    if (entropy.chance(50)) continue;
    auto begin = change.data.begin() + at;
    auto end = change.data.begin() + kj::min(at + SECTOR_BYTES, change.data.size());
    File::apply(file.durable, {change.offset + int64_t(at), Bytes(begin, end), false});
  }
}

bool MemoryDisk::flipBit(kj::StringPtr file) {
  auto found = cached.find(file.cStr());
  if (found == cached.end() || found->second->durable.empty()) return false;
  auto& bytes = found->second->durable;
  bytes[entropy.next() % bytes.size()] ^= 1u << entropy.between(0, 7);
  found->second->cached = bytes;
  return true;
}

kj::Maybe<Bytes> MemoryDisk::contents(kj::StringPtr file) const {
  auto found = cached.find(file.cStr());
  if (found == cached.end()) return nullptr;
  return Bytes(found->second->cached);
}

void MemoryDisk::place(kj::StringPtr file, Bytes bytes) {
  auto placed = std::make_shared<File>();
  placed->cached = placed->durable = std::move(bytes);
  cached[file.cStr()] = durable[file.cStr()] = placed;
}

uint64_t MemoryDisk::digest() const {
  uint64_t hash = 0xcbf29ce484222325;
  auto mix = [&](const void* bytes, size_t size) {
    auto at = static_cast<const uint8_t*>(bytes);
    for (size_t i = 0; i < size; ++i) hash = (hash ^ at[i]) * 0x100000001b3;
  };
  for (auto& [name, file] : cached) {
    mix(name.data(), name.size());
    mix(file->cached.data(), file->cached.size());
  }
  return hash;
}

}  // namespace skerry
