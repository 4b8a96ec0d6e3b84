// Reads Cap'n Proto frames from a peer that may be hostile, and lets only sane ones through.
//
//   byte stream -> FrameFilter (size, time, memory) -> RpcLedger (protocol) -> TwoPartyVatNetwork
//
// Whatever is wrong throws from tryReadMessage(); the RPC system then ends this connection, telling
// the peer why. The owner is told at once: the RPC system's own farewell may never end, if the peer
// does not read.
//
// Pings are frames without content, which the RPC system never sees: one empty segment asks, two
// answer. A whole round is 24 bytes, where a call is some 300.
#pragma once
#include "shared/link/frame.h"
#include "shared/link/frame_bundle.h"
#include "shared/link/rpc_ledger.h"
#include <capnp/serialize-async.h>
#include <kj/function.h>
#include <kj/refcount.h>
#include <kj/timer.h>

namespace skerry {

class FrameFilter final : public capnp::MessageStream {
public:
  // The first three outlive the filter. `checkPeer` is called with each frame: what it throws is a
  // refusal. `refused` is told of the first one, and does not destroy the filter.
  FrameFilter(kj::AsyncIoStream& stream, kj::Timer& timer, const LinkLimits& limits,
              kj::Function<void()> checkPeer, kj::Function<void(kj::StringPtr reason)> refused);

  kj::Maybe<kj::StringPtr> refusal() const {
    return reason.map([](const kj::String& text) -> kj::StringPtr { return text; });
  }
  size_t heldBytes() const { return held->bytes; }
  // Small frames of ours that the stream has not taken yet.
  size_t bundledBytes() const { return bundle.waitingBytes(); }
  uint64_t receivedBytes() const { return sessionBytes; }
  uint64_t writtenBytes() const { return bundle.writtenBytes(); }
  // Of messages, whether or not they have left.
  uint64_t sentBytes() const { return sent; }
  const RpcLedger& rpc() const { return ledger; }

  // Asks the peer for an answer. Not while a message of ours leaves.
  void ping();
  bool canPing() const { return !bundle.isSlicing(); }
  // Resolves with the next answer. One caller at a time.
  kj::Promise<void> onAnswer();
  // When the peer last asked or answered; when we began, if it never did.
  kj::TimePoint lastPing() const { return pingHeard; }
  // Whether we asked or answered something, and heard no answer, no thanks and no ping since.
  bool hasSpoken() const { return spoken; }

  kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> tryReadMessage(
      kj::ArrayPtr<kj::AutoCloseFd> fdSpace, capnp::ReaderOptions options,
      kj::ArrayPtr<capnp::word> scratchSpace) override;
  kj::Promise<void> writeMessage(
      kj::ArrayPtr<const int> fds,
      kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) override;
  kj::Promise<void> writeMessages(
      kj::ArrayPtr<kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>> messages) override;
  kj::Maybe<int> getSendBufferSize() override { return nullptr; }
  kj::Promise<void> end() override { return bundle.end(); }

private:
  // Frames outlive the filter when a server keeps a call's parameters.
  struct Held : kj::Refcounted { size_t bytes = 0; };
  class HeldFrame;

  kj::Promise<kj::Maybe<kj::Own<HeldFrame>>> next();
  kj::Promise<kj::Maybe<kj::Own<HeldFrame>>> nextOfBuffer();
  kj::Promise<kj::Maybe<kj::Own<HeldFrame>>> passOn(kj::Own<HeldFrame> frame);
  bool takePing(HeldFrame& frame);
  void sendEmpty(size_t segments);
  Task<kj::Own<HeldFrame>> readSlowly();
  kj::Promise<kj::Own<HeldFrame>> withDeadline(kj::Promise<kj::Own<HeldFrame>> frame);
  kj::Promise<size_t> readMore(kj::byte* to, size_t minBytes, size_t maxBytes);
  kj::Duration atSlowest(uint64_t bytes) const;
  kj::ArrayPtr<const kj::byte> buffered() const {
    return kj::arrayPtr(buffer + at, buffer + filled);
  }
  kj::Maybe<FrameHeader> parseHeader() const;
  kj::Own<HeldFrame> startFrame(const FrameHeader& header);
  void inspectSent(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments);
  void refuseFor(const kj::Exception& e);

  kj::AsyncIoStream& stream;
  kj::Timer& timer;
  const LinkLimits& limits;
  kj::Function<void()> checkPeer;
  FrameBundle bundle;
  RpcLedger ledger;
  kj::Own<Held> held;
  uint64_t sessionBytes = 0, sent = 0;
  bool spoken = false;
  kj::TimePoint pingHeard;
  kj::Own<kj::PromiseFulfiller<void>> answer;
  kj::Duration forSize = 0 * kj::SECONDS;  // of the frame on its way, besides frameTimeMax
  kj::Maybe<kj::String> reason;
  kj::Function<void(kj::StringPtr)> refused;
  size_t at = 0, filled = 0;  // received and not yet taken: [at, filled)
  kj::byte buffer[FRAME_BUFFER_BYTES];
};

}  // namespace skerry
