// What stands between a connection and kj-http: requests whose ends have only one reading pass, and
// a peer that does not read its answers is given up. See request_framing.h.
#pragma once
#include <kj/async-io.h>
#include <kj/timer.h>

namespace skerry {

// A request that is refused is answered here, and ends the connection. `timer` outlives the stream.
kj::Own<kj::AsyncIoStream> newRequestGuard(kj::Own<kj::AsyncIoStream> connection,
                                           kj::Timer& timer);

}  // namespace skerry
