#include "shared/link/socket.h"
#include "shared/link/link_limits.h"
#include <kj/exception.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace skerry {

void tuneSocket(kj::AsyncIoStream& stream) {
  kj::runCatchingExceptions([&] {
    int on = 1;
    unsigned silentMs = SILENT_PEER_MAX / kj::MILLISECONDS;
    stream.setsockopt(IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    stream.setsockopt(SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    stream.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, &silentMs, sizeof(silentMs));
  });
}

}  // namespace skerry
