// What every TCP connection of a link is told.
#pragma once
#include <kj/async-io.h>

namespace skerry {

// No delay for small messages, keep-alive probes, and an end to a peer that acknowledges nothing
// for SILENT_PEER_MAX. Streams that are no TCP sockets are left as they are.
void tuneSocket(kj::AsyncIoStream& stream);

}  // namespace skerry
