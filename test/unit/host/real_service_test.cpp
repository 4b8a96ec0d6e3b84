// What a daemon owes the system, with a real socket of a service manager.
#include "shared/host/real_service.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <cstdlib>
#include <cstring>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace skerry {
namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/skerry-service-XXXXXX";
    KJ_REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() {
    unlink((path + "/notify").c_str());
    rmdir(path.c_str());
  }
  std::string path;
};

// `$NOTIFY_SOCKET` while it lives. A name that begins with `@` is in the abstract namespace.
class Manager {
public:
  explicit Manager(const std::string& name)
      : fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = 0;
    KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&address),
                    offsetof(sockaddr_un, sun_path) + name.size()));
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() { unsetenv("NOTIFY_SOCKET"); }

  // The next datagram; empty: there is none.
  std::string heard() {
    char buffer[256];
    auto size = recv(fd, buffer, sizeof(buffer), 0);
    return size < 0 ? "" : std::string(buffer, size);
  }

private:
  kj::AutoCloseFd fd;
};

TEST_CASE("a service manager hears what it is told, on a socket with a path") {
  Folder folder;
  Manager manager(folder.path + "/notify");
  CHECK(manager.heard().empty());
  notifyManager("READY=1");
  CHECK(manager.heard() == "READY=1");
  notifyManager("STOPPING=1");
  CHECK(manager.heard() == "STOPPING=1");
  CHECK(manager.heard().empty());
}

TEST_CASE("a service manager hears what it is told, on a socket without one") {
  Manager manager("@skerry-test-" + std::to_string(ownProcessId()));
  notifyManager("READY=1");
  CHECK(manager.heard() == "READY=1");
}

TEST_CASE("with no service manager, or one that is gone, nothing is told and nothing fails") {
  unsetenv("NOTIFY_SOCKET");
  notifyManager("READY=1");
  Folder folder;
  { Manager gone(folder.path + "/notify"); }
  setenv("NOTIFY_SOCKET", (folder.path + "/notify").c_str(), 1);
  notifyManager("READY=1");
  setenv("NOTIFY_SOCKET", std::string(sizeof(sockaddr_un), 'x').c_str(), 1);
  notifyManager("READY=1");
  unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("a group may pass through a folder to what is in it, and not list it") {
  Folder folder;
  openPathToGroup(kj::StringPtr(folder.path.c_str()), "skerry");
  struct stat found;
  KJ_SYSCALL(stat(folder.path.c_str(), &found));
  CHECK((found.st_mode & 07777) == 0710);
  CHECK_THROWS(openPathToGroup(kj::StringPtr((folder.path + "/absent").c_str()), "skerry"));
}

TEST_CASE("a helper program is looked for beside this one first") {
  CHECK(helperProgram("no-such-helper") == ownFolder() + "/no-such-helper");
}

}  // namespace
}  // namespace skerry
