// One question, one answer, and the connection ends: what the doors for joining and for renewing
// have in common. Both are one frame of at most ENROLL_FRAME_BYTES_MAX.
#pragma once
#include "shared/link/frame.h"
#include "shared/link/handshaker.h"
#include <capnp/message.h>
#include <kj/function.h>

namespace skerry {

struct RefusedQuestion {
  std::string reason;  // a stable word
  std::string text;    // what is wrong and what to do
};

using OwnMessage = kj::Own<capnp::MallocMessageBuilder>;

// The listener's end, within ENROLL_TIME_MAX; `timer` outlives the promise. Fails, having answered
// where it could, for a peer that misbehaves.
kj::Promise<void> serveQuestion(kj::Own<kj::AsyncIoStream> stream,
                                kj::Function<kj::Promise<OwnMessage>(Frame& question)> answer,
                                kj::Timer& timer);

struct Answered {
  kj::Own<Frame> frame;
  PeerIdentity peer;
};

// The dialler's end: tries each address once, in order. DISCONNECTED, naming each address and its
// trouble and then `advice`, when nobody answered. `host` and `handshaker` outlive the promise.
kj::Promise<Answered> askEach(Host& host, Handshaker& handshaker, Door door,
                              std::vector<std::string> addresses, kj::Array<capnp::word> question,
                              kj::StringPtr advice);

}  // namespace skerry
