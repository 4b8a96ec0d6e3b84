// Who is connected to the keeper's socket: lines in, lines out. Never waits for a peer: who does
// not read loses the connection, not the service.
#pragma once
#include "tier_site/keeper/text.h"
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace skerry {

constexpr int CONNECTIONS_MAX = 8;
constexpr int REQUEST_BYTES_MAX = 512;

struct Connection {
  int fd = -1;
  bool watching = false;
  int fill = 0;
  char line[REQUEST_BYTES_MAX];

  void drop() {
    close(fd);
    fd = -1;
  }
  void sendLine(const char* text, int size) {
    if (send(fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT) != size) drop();
  }
  // Takes what has arrived. False when the peer is gone or talks nonsense; it is dropped then.
  bool receive() {
    ssize_t n = recv(fd, line + fill, sizeof line - 1 - fill, 0);
    if (n < 0 && errno == EAGAIN) return true;
    if (n <= 0 || memchr(line + fill, 0, n) != nullptr) {
      drop();
      return false;
    }
    fill += n;
    line[fill] = 0;
    return true;
  }
  // Copies the next whole line, without its end, into REQUEST_BYTES_MAX bytes.
  bool takeLine(char* out) {
    char* end = (char*)memchr(line, '\n', fill);
    if (end == nullptr) {
      if (fill == (int)sizeof line - 1) drop();
      return false;
    }
    *end = 0;
    memcpy(out, line, end + 1 - line);
    fill -= end + 1 - line;
    memmove(line, end + 1, fill + 1);
    return true;
  }
};

class Connections {
public:
  // Relative on purpose: a socket's path holds 107 bytes only. 0, or -1 with errno.
  int listenAt(const char* name) {
    unlink(name);
    struct sockaddr_un address = { AF_UNIX, {} };
    snprintf(address.sun_path, sizeof address.sun_path, "%s", name);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t old = umask(0177);
    int result = bind(listener, (struct sockaddr*)&address, sizeof address);
    umask(old);
    return result < 0 ? -1 : listen(listener, CONNECTIONS_MAX);
  }
  // Null when there is nobody, or no room for one more.
  Connection* accept() {
    int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return nullptr;
    for (auto& c : all) {
      if (c.fd >= 0) continue;
      c.fd = fd;
      c.watching = false;
      c.fill = 0;
      return &c;
    }
    close(fd);
    return nullptr;
  }
  void announce(const char* text, int size) {
    for (auto& c : all)
      if (c.fd >= 0 && c.watching) c.sendLine(text, size);
  }
  bool anyWatching() const {
    for (auto& c : all)
      if (c.fd >= 0 && c.watching) return true;
    return false;
  }

  int listener = -1;
  Connection all[CONNECTIONS_MAX];
};

}  // namespace skerry
