#include "shared/link/socket.h"
#include "shared/link/link_limits.h"
#include <kj/exception.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace skerry {

void tuneSocket(kj::AsyncIoStream& stream) {
  kj::runCatchingExceptions([&] {
    int on = 1;
    unsigned silentMs = SILENT_PEER_MAX / kj::MILLISECONDS;
    int unsentMax = UNSENT_BYTES_MAX;
    stream.setsockopt(IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    stream.setsockopt(SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    stream.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, &silentMs, sizeof(silentMs));
    stream.setsockopt(IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsentMax, sizeof(unsentMax));
  });
}

std::string peerAddress(kj::AsyncIoStream& stream) {
  sockaddr_storage peer{};
  kj::uint length = sizeof(peer);
  auto base = reinterpret_cast<sockaddr*>(&peer);
  auto failed = kj::runCatchingExceptions([&] { stream.getpeername(base, &length); });
  if (failed != nullptr) return "";
  char text[INET6_ADDRSTRLEN] = "";
  if (peer.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&peer)->sin_addr, text, sizeof(text));
  } else if (peer.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6*>(&peer)->sin6_addr, text, sizeof(text));
  }
  return text;
}

uint32_t userOf(kj::AsyncIoStream& stream) {
  ucred peer{};
  kj::uint size = sizeof(peer);
  kj::runCatchingExceptions([&] { stream.getsockopt(SOL_SOCKET, SO_PEERCRED, &peer, &size); });
  return peer.uid;
}

}  // namespace skerry
