#include "shared/host/files.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace skerry {
namespace {

using kj::Path;
using kj::WriteMode;

// A folder on the real disk, gone afterwards.
struct Folder {
  Folder() {
    char name[] = "/tmp/skerry-files-XXXXXX";
    KJ_REQUIRE(mkdtemp(name) != nullptr);
    path = kj::str(name);
    KJ_REQUIRE(chmod(name, 0755) == 0);
    at = filesystem->getCurrentPath().evalNative(path);
    directory = filesystem->getRoot().openSubdir(at, WriteMode::MODIFY);
  }
  ~Folder() noexcept(false) { filesystem->getRoot().remove(at); }
  kj::Own<kj::Filesystem> filesystem = kj::newDiskFilesystem();
  kj::String path;
  Path at = nullptr;
  kj::Own<const kj::Directory> directory;

  // Hidden ones, too.
  size_t fileCount() const {
    auto stream = opendir(path.cStr());
    size_t count = 0;
    while (auto entry = readdir(stream)) {
      std::string name = entry->d_name;
      count += name != "." && name != "..";
    }
    closedir(stream);
    return count;
  }
  mode_t modeOf(kj::StringPtr file) const {
    struct stat info;
    KJ_SYSCALL(stat(kj::str(path, '/', file).cStr(), &info), file);
    return info.st_mode & 07777;
  }
};

std::string read(const kj::Directory& folder, kj::StringPtr name) {
  auto content = KJ_REQUIRE_NONNULL(readFile(folder, Path(name), 1000), "no such file", name);
  return text(view(content));
}

TEST_CASE("a file that is not there reads as null") {
  Folder folder;
  CHECK(readFile(*folder.directory, Path("absent"), 10) == nullptr);
}

TEST_CASE("a file replaced durably holds the new content and leaves nothing beside it") {
  Folder folder;
  replaceDurably(*folder.directory, Path("key"), view("first and long"));
  CHECK(read(*folder.directory, "key") == "first and long");
  replaceDurably(*folder.directory, Path("key"), view("second"));
  CHECK(read(*folder.directory, "key") == "second");
  CHECK(folder.fileCount() == 1);
}

TEST_CASE("a reader that opened the file before sees the old content whole") {
  Folder folder;
  replaceDurably(*folder.directory, Path("key"), view("old"));
  auto opened = folder.directory->openFile(Path("key"));
  replaceDurably(*folder.directory, Path("key"), view("new and longer"));
  CHECK(opened->readAllText() == "old");
}

TEST_CASE("a private file is readable by its owner only, also where a public one was") {
  Folder folder;
  replaceDurably(*folder.directory, Path("key"), view("public"));
  CHECK(folder.modeOf("key") != 0600);
  replaceDurably(*folder.directory, Path("key"), view("secret"), WriteMode::PRIVATE);
  CHECK(folder.modeOf("key") == 0600);
  CHECK(read(*folder.directory, "key") == "secret");
}

TEST_CASE("parents are made when asked for, and not otherwise") {
  Folder folder;
  Path deep({"a", "b", "key"});
  CHECK_THROWS_AS(replaceDurably(*folder.directory, deep, view("x")), kj::Exception);
  replaceDurably(*folder.directory, deep, view("x"),
                 WriteMode::CREATE_PARENT | WriteMode::PRIVATE);
  CHECK(folder.directory->openFile(deep)->readAllText() == "x");
  CHECK(folder.modeOf("a/b") == 0700);
}

TEST_CASE("a folder is never replaced by a file") {
  Folder folder;
  Path inside({"taken", "inside"});
  folder.directory->openSubdir(inside, WriteMode::CREATE | WriteMode::CREATE_PARENT);
  CHECK_THROWS_AS(replaceDurably(*folder.directory, Path("taken"), view("new")), kj::Exception);
  CHECK(folder.directory->exists(inside));
  CHECK(folder.fileCount() == 1);
}

TEST_CASE("a replacement that a full disk stops leaves the old content and no temporary") {
  Folder folder;
  replaceDurably(*folder.directory, Path("key"), view("old"));
  struct rlimit before, small = {1000, RLIM_INFINITY};
  getrlimit(RLIMIT_FSIZE, &before);
  small.rlim_max = before.rlim_max;
  auto previous = signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  Bytes large(5000, 'x');
  auto reason = kj::runCatchingExceptions([&]() {
    replaceDurably(*folder.directory, Path("key"), view(large));
  });
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, previous);
  CHECK(reason != nullptr);
  CHECK(read(*folder.directory, "key") == "old");
  CHECK(folder.fileCount() == 1);
}

TEST_CASE("a file over the limit is refused, one at the limit is read") {
  Folder folder;
  replaceDurably(*folder.directory, Path("key"), view("12345"));
  CHECK(KJ_REQUIRE_NONNULL(readFile(*folder.directory, Path("key"), 5)).size() == 5);
  auto reason = kj::runCatchingExceptions([&]() { readFile(*folder.directory, Path("key"), 4); });
  CHECK(KJ_REQUIRE_NONNULL(reason).getType() == kj::Exception::Type::FAILED);
}

TEST_CASE("durable replacement works on a folder in memory, as simulated hosts have") {
  auto folder = kj::newInMemoryDirectory(kj::nullClock());
  replaceDurably(*folder, Path("key"), view("first"), WriteMode::PRIVATE);
  replaceDurably(*folder, Path("key"), view("second"), WriteMode::PRIVATE);
  replaceDurably(*folder, Path({"a", "b"}), view("deep"), WriteMode::CREATE_PARENT);
  CHECK(read(*folder, "key") == "second");
  CHECK(folder->openFile(Path({"a", "b"}))->readAllText() == "deep");
  CHECK(folder->listNames().size() == 2);
}

}  // namespace
}  // namespace skerry
