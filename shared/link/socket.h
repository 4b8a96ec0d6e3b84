// What every TCP connection of a link is told, and where it comes from.
#pragma once
#include <kj/async-io.h>
#include <string>

namespace skerry {

// No delay for small messages, keep-alive probes, and an end to a peer that acknowledges nothing
// for SILENT_PEER_MAX. Streams that are no TCP sockets are left as they are.
void tuneSocket(kj::AsyncIoStream& stream);

// The IP address at the other end; empty for what has none.
std::string peerAddress(kj::AsyncIoStream& stream);
// Who is on the other end of a socket of this machine, as the system says; 0 where it cannot say,
// which is then nobody else's: in a simulation.
uint32_t userOf(kj::AsyncIoStream& stream);

}  // namespace skerry
