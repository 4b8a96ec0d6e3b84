#include "shared/host/real_service.h"
#include <kj/debug.h>
#include <kj/io.h>
#include <cstdlib>
#include <cstring>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace skerry {

int ownProcessId() { return getpid(); }

std::string ownFolder() {
  char path[4096];
  ssize_t size;
  KJ_SYSCALL(size = readlink("/proc/self/exe", path, sizeof(path)));
  std::string program(path, size);
  return program.substr(0, program.rfind('/'));
}

std::string helperProgram(const std::string& name) {
  auto beside = ownFolder() + "/" + name;
  auto above = ownFolder().substr(0, ownFolder().rfind('/'));
  auto installed = above + "/libexec/skerry/" + name;
  bool isInstalled = access(beside.c_str(), X_OK) != 0 && access(installed.c_str(), X_OK) == 0;
  return isInstalled ? installed : beside;
}

namespace {

// Only root may give a file away; without it the daemon's own group has it.
void giveToGroup(kj::StringPtr path, const char* group) {
  auto entry = getgrnam(group);
  if (entry != nullptr && geteuid() == 0) {
    KJ_SYSCALL(chown(path.cStr(), -1, entry->gr_gid), path);
  }
}

}  // namespace

void openToGroup(kj::StringPtr path, const char* group) {
  KJ_SYSCALL(chmod(path.cStr(), 0660), path);
  giveToGroup(path, group);
}

void openPathToGroup(kj::StringPtr folder, const char* group) {
  struct stat found;
  KJ_SYSCALL(stat(folder.cStr(), &found), folder);
  KJ_SYSCALL(chmod(folder.cStr(), (found.st_mode & 07777) | S_IXGRP), folder);
  giveToGroup(folder, group);
}

void notifyManager(kj::StringPtr state) {
  const char* path = getenv("NOTIFY_SOCKET");
  sockaddr_un address = {};
  if (path == nullptr || strlen(path) >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  strcpy(address.sun_path, path);
  if (path[0] == '@') address.sun_path[0] = 0;  // the abstract namespace
  kj::AutoCloseFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  socklen_t size = offsetof(sockaddr_un, sun_path) + strlen(path);
  // A manager that does not listen is no reason not to serve.
  (void)!sendto(fd, state.begin(), state.size(), MSG_NOSIGNAL,
                reinterpret_cast<sockaddr*>(&address), size);
}

}  // namespace skerry
