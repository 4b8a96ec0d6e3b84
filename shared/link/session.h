// One connection between a child and its parent: RPC both ways, revocable, bounded, watched.
//
//   stream <- FrameFilter <- TwoPartyVatNetwork <- RpcSystem <- membrane <- our object
//
// The object we offer is made for the peer's identity, so no method needs to be told who calls.
// Everything that crosses, either way, is behind one membrane; revoke() ends all of it.
#pragma once
#include "capnp/pulse.capnp.h"
#include "shared/link/link_limits.h"
#include <kj/async-io.h>
#include <kj/function.h>
#include <kj/timer.h>

namespace skerry {

class FrameFilter;

// Which end of the RPC connection: the child dials.
enum class Side : uint8_t { CHILD, PARENT };

class Session final {
public:
  // `timer` and `limits` outlive the session. `ours` is what the peer bootstraps.
  Session(kj::Own<kj::AsyncIoStream> stream, Side side, schema::Pulse::Client ours,
          kj::Timer& timer, const LinkLimits& limits);
  ~Session() noexcept(false);

  // The peer's object, bootstrapped unless it was handed over. Not a sign of life: the first
  // answered call is.
  schema::Pulse::Client remote();
  // The peer handed its object over in a call of this session: it need not be asked for it.
  void setRemote(schema::Pulse::Client theirs);

  // Fails every call that crosses the session, both ways, and every one to come, with DISCONNECTED
  // and `reason`. A call already queued for delivery may still run once; the server's own work on a
  // call is cancelled some turns later, if the call allowed cancellation.
  void revoke(kj::StringPtr reason);

  // Says why, when it is time to destroy the session. Call once.
  kj::Promise<kj::String> onEnd();

  // Of its pings, smoothed; zero until one was answered.
  kj::Duration roundTrip() const;

  // Revokes it then, by the timer, which no change of the clock moves. `reason` outlives it.
  void revokeAfter(kj::Duration life, kj::StringPtr reason);

  // What the peer costs us just now.
  const FrameFilter& frames() const;
  size_t queuedBytes();
  // Received frames that are still in use, what waits to be fetched, and what `alsoCounts` says.
  // Beyond LinkLimits::memoryBytesMax the session ends: asked at each frame that arrives.
  size_t memoryBytes();
  // What the owner keeps besides for as long as this session, such as a snapshot that is not whole.
  void alsoCounts(kj::Function<size_t()> bytes);

private:
  class Connection;
  kj::Own<Connection> connection;
};

}  // namespace skerry
