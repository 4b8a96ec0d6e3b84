#include "shared/host/real_host.h"
#include "shared/async/uv_guest.h"
#include "shared/host/real_processes.h"
#include "shared/host/real_system.h"
#include <kj/debug.h>
#include <errno.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace skerry {

namespace {

constexpr size_t BOOT_ID_BYTES = 36;

int64_t readClockMs(clockid_t which) {
  struct timespec now;
  KJ_SYSCALL(clock_gettime(which, &now));
  return int64_t(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

class RealClock final : public Clock {
public:
  explicit RealClock(const kj::Filesystem& filesystem) {
    kj::Path path({"proc", "sys", "kernel", "random", "boot_id"});
    id = kj::heapString(BOOT_ID_BYTES);  // files of /proc do not tell their size
    size_t size = filesystem.getRoot().openFile(path)->read(0, id.asBytes());
    KJ_REQUIRE(size == BOOT_ID_BYTES, "the kernel gives no boot id", path, size);
  }
  int64_t wallMs() const override { return readClockMs(CLOCK_REALTIME); }
  uint64_t bootMs() const override { return readClockMs(CLOCK_BOOTTIME); }
  kj::StringPtr bootId() const override { return id; }

private:
  kj::String id;
};

class RealEntropy final : public Entropy {
public:
  void fill(kj::ArrayPtr<kj::byte> bytes) override {
    while (bytes.size() > 0) {
      ssize_t size;
      KJ_SYSCALL(size = getrandom(bytes.begin(), bytes.size(), 0));
      bytes = bytes.slice(size, bytes.size());
    }
  }
};

class RealDisk final : public Disk {
public:
  explicit RealDisk(kj::StringPtr folder) : folder(folder) {}
  const char* vfs() const override { return nullptr; }
  kj::Own<Worker> newWorker() override { return newThreadWorker(); }
  kj::String databasePath(kj::StringPtr file) const override { return kj::str(folder, '/', file); }

private:
  kj::StringPtr folder;
};

Capacity readCapacity() {
  auto positive = [](long value) { return value > 0 ? uint64_t(value) : 0; };
  return {1'000 * positive(sysconf(_SC_NPROCESSORS_ONLN)),
          positive(sysconf(_SC_PHYS_PAGES)) * positive(sysconf(_SC_PAGESIZE))};
}

kj::Own<const kj::Directory> openFolder(const kj::Filesystem& filesystem, kj::PathPtr path,
                                        DataFolder absent) {
  using kj::WriteMode;
  if (absent == DataFolder::LEAVE) {
    kj::Own<const kj::Directory> folder = kj::newInMemoryDirectory(kj::nullClock());
    kj::runCatchingExceptions([&] {
      KJ_IF_MAYBE(there, filesystem.getRoot().tryOpenSubdir(path, WriteMode::MODIFY)) {
        folder = kj::mv(*there);
      }
    });
    return folder;
  }
  auto mode = WriteMode::CREATE | WriteMode::MODIFY | WriteMode::CREATE_PARENT | WriteMode::PRIVATE;
  kj::Own<const kj::Directory> folder;
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    folder = filesystem.getRoot().openSubdir(path, mode);
  })) {
    KJ_FAIL_REQUIRE("cannot open or make the data folder: name another with --data, or become its "
                    "owner (sudo)", path.toString(true), reason->getDescription());
  }
  return folder;
}

}  // namespace

struct RealHost::Parts {
  Parts(kj::AsyncIoContext& io, kj::StringPtr dataFolder, DataFolder absent)
      : filesystem(kj::newDiskFilesystem()),
        folder(filesystem->getCurrentPath().evalNative(dataFolder)),
        path(folder.toString(true)),
        files(openFolder(*filesystem, folder, absent)),
        clock(*filesystem),
        guest(io.unixEventPort),
        processes(io.unixEventPort, guest),
        disk(path),
        host {io.provider->getNetwork(), io.provider->getTimer(), clock, entropy, *files, path,
              processes, disk, system, readCapacity()} {}

  kj::Own<kj::Filesystem> filesystem;
  kj::Path folder;
  kj::String path;
  kj::Own<const kj::Directory> files;
  RealClock clock;
  RealEntropy entropy;
  UvGuest guest;
  RealProcesses processes;
  RealDisk disk;
  RealSystem system;
  Host host;
};

RealHost::RealHost(kj::AsyncIoContext& io, kj::StringPtr dataFolder, DataFolder absent)
    : parts(kj::heap<Parts>(io, dataFolder, absent)) {}

RealHost::~RealHost() noexcept(false) {}

Host& RealHost::host() { return parts->host; }

void captureStopSignals() {
  kj::UnixEventPort::captureSignal(SIGTERM);
  kj::UnixEventPort::captureSignal(SIGINT);
}

kj::Promise<int> onStopSignal(kj::AsyncIoContext& io) {
  auto terminate = io.unixEventPort.onSignal(SIGTERM);
  auto interrupt = io.unixEventPort.onSignal(SIGINT);
  return terminate.exclusiveJoin(kj::mv(interrupt)).then([](siginfo_t&& info) {
    return info.si_signo;
  });
}

kj::Own<Entropy> newSystemEntropy() { return kj::heap<RealEntropy>(); }

}  // namespace skerry
