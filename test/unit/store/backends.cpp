#include "test/unit/store/backends.h"
#include "shared/host/real_host.h"
#include "test/sim/fault_vfs.h"
#include "test/sim/memory_store.h"
#include <kj/debug.h>
#include <kj/filesystem.h>
#include <stdlib.h>

namespace skerry {

namespace {

constexpr uint64_t SEED = 1;

// SQLite on a disk in memory.
class SimulatedDisk final : public Backend {
public:
  enum class Kind { INLINE, THREAD };
  explicit SimulatedDisk(Kind kind) : kind(kind), disk("backend", SeededEntropy(SEED)) {
    seedSqlite(SEED);
  }
  kj::Own<Store> open() override {
    StoreSettings settings;
    settings.path = "ledger.db";
    settings.vfs = disk.vfsName();
    settings.checkpointFrames = 20;
    auto soon = []() { return kj::evalLater([]() {}); };
    auto worker = kind == Kind::THREAD ? newThreadWorker() : newInlineWorker(soon);
    return openStore(kj::mv(worker), kj::mv(settings)).wait(io.waitScope);
  }
  kj::WaitScope& waitScope() override { return io.waitScope; }

private:
  kj::AsyncIoContext io = kj::setupAsyncIo();
  const Kind kind;
  MemoryDisk disk;
};

struct TemporaryFolder {
  TemporaryFolder() {
    char name[] = "/tmp/skerry-store-XXXXXX";
    KJ_REQUIRE(mkdtemp(name) != nullptr);
    path = kj::str(name);
  }
  ~TemporaryFolder() noexcept(false) {
    auto filesystem = kj::newDiskFilesystem();
    filesystem->getRoot().remove(filesystem->getCurrentPath().evalNative(path));
  }
  kj::String path;
};

// SQLite as a daemon opens it.
class RealFolder final : public Backend {
public:
  RealFolder() : host(io, folder.path) {}
  kj::Own<Store> open() override { return openStore(host.host(), "ledger.db").wait(io.waitScope); }
  kj::WaitScope& waitScope() override { return io.waitScope; }

private:
  kj::AsyncIoContext io = kj::setupAsyncIo();
  TemporaryFolder folder;
  RealHost host;
};

class InMemory final : public Backend {
public:
  kj::Own<Store> open() override { return newMemoryStore(stored, SeededEntropy(SEED)); }
  kj::WaitScope& waitScope() override { return io.waitScope; }

private:
  kj::AsyncIoContext io = kj::setupAsyncIo();
  StoredRows stored;
};

}  // namespace

void forEachBackend(kj::Function<void(Backend& backend)> test) {
  auto run = [&](std::string name, kj::Own<Backend> backend) {
    INFO("backend: ", name);
    test(*backend);
  };
  run("SQLite on a simulated disk, inline",
      kj::heap<SimulatedDisk>(SimulatedDisk::Kind::INLINE));
  run("SQLite on a simulated disk, on a thread",
      kj::heap<SimulatedDisk>(SimulatedDisk::Kind::THREAD));
  run("SQLite in a real folder", kj::heap<RealFolder>());
  run("in memory", kj::heap<InMemory>());
}

}  // namespace skerry
