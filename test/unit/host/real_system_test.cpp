#include "shared/host/real_system.h"
#include "shared/host/real_host.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace skerry {
namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/skerry-system-XXXXXX";
    KJ_REQUIRE(mkdtemp(name) != nullptr);
    path = kj::str(name);
  }
  ~Folder() noexcept(false) {
    auto filesystem = kj::newDiskFilesystem();
    filesystem->getRoot().remove(filesystem->getCurrentPath().evalNative(path));
  }
  kj::String path;
};

TEST_CASE("space is told of the file system that holds a path, and of none that is absent") {
  Folder folder;
  RealSystem system;
  auto space = KJ_REQUIRE_NONNULL(system.space(folder.path));
  CHECK(space.bytesTotal > 0);
  CHECK(space.bytesFree <= space.bytesTotal);
  CHECK(system.space(kj::str(folder.path, "/absent")) == nullptr);
}

TEST_CASE("what is at a path is told with its mode and whether we may use it") {
  Folder folder;
  RealSystem system;
  auto file = kj::str(folder.path, "/file");
  KJ_SYSCALL(mknod(file.cStr(), S_IFREG | 0600, 0));
  auto node = KJ_REQUIRE_NONNULL(system.node(file));
  CHECK(node.kind == System::Node::Kind::FILE);
  CHECK(node.mode == 0600);
  CHECK(node.mayWrite);
  CHECK(!node.mayExecute);
  KJ_SYSCALL(chmod(file.cStr(), 0700));
  CHECK(KJ_REQUIRE_NONNULL(system.node(file)).mayExecute);
  CHECK(KJ_REQUIRE_NONNULL(system.node(folder.path)).kind == System::Node::Kind::FOLDER);
  CHECK(system.node(kj::str(folder.path, "/absent")) == nullptr);
}

TEST_CASE("files of the kernel are read up to a bound, absent ones are empty") {
  RealSystem system;
  auto limits = system.read("/proc/self/limits", 1 << 14);
  CHECK(limits.find("Max open files") != std::string::npos);
  CHECK(system.read("/proc/self/limits", 10) == limits.substr(0, 10));
  CHECK(system.read("/proc/self/no-such-file", 10) == "");
}

TEST_CASE("a data folder that is to be left is not made, and can be asked as if it were empty") {
  Folder above;
  auto path = kj::str(above.path, "/data");
  auto io = kj::setupAsyncIo();
  RealHost real(io, path, DataFolder::LEAVE);
  CHECK(real.host().path == path);
  CHECK(real.host().files.listNames().size() == 0);
  CHECK(access(path.cStr(), F_OK) < 0);
}

}  // namespace
}  // namespace skerry
