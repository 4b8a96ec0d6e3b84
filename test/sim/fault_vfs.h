// A disk in memory, as a SQLite VFS, that can fail in every way a disk fails.
//
// Writes go to a page cache; sync makes a file's own bytes durable. A power loss keeps, drops or
// tears each unsynced write by seed, in 512-byte sectors and in no order, as disks do. Creations
// and deletions are durable once the directory was synced, which SQLite does with a new journal's
// or WAL's first sync. Like SQLite's unix VFS it reports 4096-byte sectors and POWERSAFE_OVERWRITE,
// so that SQLite takes the same decisions here as on a real disk. Files are locked as on a real
// one, between connections of the same disk. It has no shared memory: a WAL database opens here
// only with locking_mode=EXCLUSIVE.
#pragma once
#include "shared/crypto/bytes.h"
#include "test/sim/seeded_entropy.h"
#include <kj/function.h>
#include <kj/string.h>
#include <map>
#include <memory>

struct sqlite3_vfs;

namespace skerry {

// SQLite draws WAL salts from one generator per process, not from the connection's VFS: two runs
// write the same bytes only if it is seeded before each.
void seedSqlite(uint64_t seed);

class MemoryDisk {
public:
  // Registers itself as a VFS under `name`, which is unique in the process.
  MemoryDisk(kj::StringPtr name, SeededEntropy entropy);
  ~MemoryDisk();
  KJ_DISALLOW_COPY(MemoryDisk);

  const char* vfsName() const { return name.cStr(); }

  // Power -----------------------------------------------------------------------------------------
  // From now on every call fails, so that nothing a dying host does still reaches the disk.
  void cutPower() { powered = false; }
  // The same, in the middle of the n-th call from now; `whenCut` runs inside it.
  void cutPowerAtCall(uint64_t n, kj::Function<void()> whenCut);
  // What was not synced survives as the seed decides, then calls work again. Databases that were
  // open are closed by now.
  void restorePower();
  // The host's process died but its kernel did not: nothing is lost.
  void restoreProcess() { powered = true; }
  bool hasPower() const { return powered; }

  // Faults ----------------------------------------------------------------------------------------
  void fillAtWrite(uint64_t n, uint64_t writes);  // ENOSPC for `writes` writes from the n-th
  void failAtCall(uint64_t n, uint64_t calls);    // EIO for `calls` calls from the n-th
  void clearFaults();
  // While it lies, sync makes nothing durable; what is left when it stops is made durable then.
  void setSyncLies(bool lies);
  bool doesLie() const { return syncLies; }
  // Flips one bit of a file's durable bytes, drawn by seed. False if the file is missing or empty.
  bool flipBit(kj::StringPtr file);

  // Files at rest ---------------------------------------------------------------------------------
  // Null when there is no such file.
  kj::Maybe<Bytes> contents(kj::StringPtr file) const;
  // Creates or replaces a file, durably.
  void place(kj::StringPtr file, Bytes bytes);
  // Every file is gone. No database is open.
  void wipe();

  // What happened ---------------------------------------------------------------------------------
  struct Counts {
    uint64_t calls = 0, writes = 0, writtenBytes = 0, syncs = 0;
    uint64_t lostWrites = 0, tornWrites = 0, fullWrites = 0, failedCalls = 0;
    uint64_t cutInCall = 0;
  };
  const Counts& counts() const { return count; }
  // Equal for disks whose files have equal names and bytes.
  uint64_t digest() const;

private:
  struct Write {
    int64_t offset;
    Bytes data;
    bool truncates;
  };
  struct File;
  using Directory = std::map<std::string, std::shared_ptr<File>>;
  enum class Fault { NONE, DEAD, FULL, BROKEN };
  struct Window { uint64_t from = 0, length = 0; };
  struct Handle;
  struct Callbacks;

  Fault beginCall();
  Fault beginWrite();
  void write(File& file, Write change);
  void sync(File& file);
  void survive(File& file);
  void tear(File& file, const Write& change);

  const kj::String name;
  SeededEntropy entropy;
  std::unique_ptr<sqlite3_vfs> vfs;
  Directory cached, durable;
  bool powered = true, syncLies = false;
  uint64_t cutAtCall = 0;
  kj::Maybe<kj::Function<void()>> whenCut;
  Window fullWrites, failedCalls;
  Counts count;
};

}  // namespace skerry
