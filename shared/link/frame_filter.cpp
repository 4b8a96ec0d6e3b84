#include "shared/link/frame_filter.h"
#include <capnp/serialize.h>
#include <kj/debug.h>
#include <cstring>

namespace skerry {

using capnp::word;

// Its memory counts as the peer's until the RPC system lets go of it.
class FrameFilter::HeldFrame final : public Frame {
public:
  HeldFrame(const FrameHeader& header, capnp::ReaderOptions options, Held& heldParam)
      : Frame(header, options), held(kj::addRef(heldParam)) {
    held->bytes += bytes().size();
  }
  ~HeldFrame() noexcept(false) { held->bytes -= bytes().size(); }

private:
  kj::Own<Held> held;
};

namespace {

constexpr size_t ASK_SEGMENTS = 1, ANSWER_SEGMENTS = 2;

// Only the few fields of the envelope are read, never the payload.
capnp::ReaderOptions envelopeOptions() {
  capnp::ReaderOptions options;
  options.nestingLimit = 16;
  options.traversalLimitInWords = 16 << 10;
  return options;
}

// Reading a field twice counts twice, hence more than the frame itself.
capnp::ReaderOptions payloadOptions(const LinkLimits& limits) {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = 4 * limits.frameWordsMax;
  options.nestingLimit = limits.nestingMax;
  return options;
}

}  // namespace

FrameFilter::FrameFilter(kj::AsyncIoStream& stream, kj::Timer& timer, const LinkLimits& limits,
                         kj::Function<void()> checkPeer,
                         kj::Function<void(kj::StringPtr reason)> refused)
    : stream(stream), timer(timer), limits(limits), checkPeer(kj::mv(checkPeer)), bundle(stream),
      ledger(limits), held(kj::refcounted<Held>()), pingHeard(timer.now()),
      refused(kj::mv(refused)) {
  KJ_REQUIRE(limits.segmentsMax <= SEGMENTS_CEILING);
}

kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> FrameFilter::tryReadMessage(
    kj::ArrayPtr<kj::AutoCloseFd>, capnp::ReaderOptions, kj::ArrayPtr<word>) {
  return kj::evalNow([this] { return next(); }).then([](kj::Maybe<kj::Own<HeldFrame>>&& frame)
      -> kj::Maybe<capnp::MessageReaderAndFds> {
    KJ_IF_MAYBE(f, frame) return capnp::MessageReaderAndFds { kj::mv(*f), nullptr };
    return nullptr;
  }, [this](kj::Exception&& e) -> kj::Maybe<capnp::MessageReaderAndFds> {
    refuseFor(e);
    kj::throwFatalException(kj::mv(e));
  });
}

// Null: the peer has said goodbye. Not a coroutine: here thousands of idle connections wait.
kj::Promise<kj::Maybe<kj::Own<FrameFilter::HeldFrame>>> FrameFilter::next() {
  if (buffered().size() > 0) return nextOfBuffer();
  at = filled = 0;
  return readMore(buffer, 1, sizeof(buffer)).then([this](size_t count)
      -> kj::Promise<kj::Maybe<kj::Own<HeldFrame>>> {
    if (count == 0) return kj::Maybe<kj::Own<HeldFrame>>(nullptr);
    filled = count;
    return nextOfBuffer();
  });
}

kj::Promise<kj::Maybe<kj::Own<FrameFilter::HeldFrame>>> FrameFilter::nextOfBuffer() {
  auto header = parseHeader();
  KJ_IF_MAYBE(h, header) {
    if (buffered().size() >= h->headerBytes + h->bodyWords * sizeof(word)) {
      return passOn(startFrame(*h));
    }
  }
  // Only a frame that is still on its way costs a timer.
  return withDeadline(readSlowly()).then([this](kj::Own<HeldFrame>&& frame) {
    return passOn(kj::mv(frame));
  });
}

// What is a ping is not passed on, but what comes after it.
kj::Promise<kj::Maybe<kj::Own<FrameFilter::HeldFrame>>> FrameFilter::passOn(
    kj::Own<HeldFrame> frame) {
  checkPeer();
  if (takePing(*frame)) return next();
  capnp::SegmentArrayMessageReader envelope(frame->allSegments(), envelopeOptions());
  auto message = envelope.getRoot<capnp::rpc::Message>();
  ledger.received(message);
  if (message.isReturn() || message.isFinish()) spoken = false;
  return kj::Maybe<kj::Own<HeldFrame>>(kj::mv(frame));
}

// Whether the frame was a ping; one that asks is answered, but not by piling up answers for a peer
// that fetches none.
bool FrameFilter::takePing(HeldFrame& frame) {
  auto segments = frame.allSegments().size();
  if (frame.bytes().size() > 0 || segments > ANSWER_SEGMENTS) return false;
  pingHeard = timer.now();
  spoken = false;
  if (segments == ANSWER_SEGMENTS) {
    if (answer.get() != nullptr) answer->fulfill();
  } else if (bundle.waitingBytes() < BUNDLE_BYTES_MAX) {
    sendEmpty(ANSWER_SEGMENTS);
  }
  return true;
}

void FrameFilter::ping() {
  KJ_REQUIRE(canPing());
  sendEmpty(ASK_SEGMENTS);
}

kj::Promise<void> FrameFilter::onAnswer() {
  auto pair = kj::newPromiseAndFulfiller<void>();
  answer = kj::mv(pair.fulfiller);
  return kj::mv(pair.promise);
}

// It is copied at once, so nobody has to wait; that it cannot leave shows at the next frame.
void FrameFilter::sendEmpty(size_t segments) {
  kj::ArrayPtr<const word> none[ANSWER_SEGMENTS];
  auto unawaited = bundle.write(kj::arrayPtr(none, segments));
}

Task<kj::Own<FrameFilter::HeldFrame>> FrameFilter::readSlowly() {
  forSize = 0 * kj::SECONDS;
  auto header = parseHeader();
  while (header == nullptr) {
    memmove(buffer, buffer + at, filled - at);
    filled -= at;
    at = 0;
    auto more = readMore(buffer + filled, 1, sizeof(buffer) - filled);
    size_t count = co_await more;
    if (count == 0) kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "frame cut short"));
    filled += count;
    header = parseHeader();
  }
  auto& known = *kj::_::readMaybe(header);
  size_t arrived = kj::min(buffered().size() - known.headerBytes, known.bodyWords * sizeof(word));
  auto frame = startFrame(known);
  auto rest = frame->bytes().slice(arrived, frame->bytes().size());
  forSize = atSlowest(rest.size());
  // As it comes, so that whoever watches sees that something does.
  while (rest.size() > 0) {
    auto read = readMore(rest.begin(), 1, rest.size());
    size_t count = co_await read;
    if (count == 0) kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "frame cut short"));
    rest = rest.slice(count, rest.size());
  }
  co_return kj::mv(frame);
}

kj::Promise<kj::Own<FrameFilter::HeldFrame>> FrameFilter::withDeadline(
    kj::Promise<kj::Own<HeldFrame>> frame) {
  return frame.exclusiveJoin(timer.afterDelay(limits.frameTimeMax).then([this] {
    return timer.afterDelay(forSize);
  }).then([]() -> kj::Own<HeldFrame> { KJ_FAIL_REQUIRE("peer takes too long over one frame"); }));
}

kj::Promise<size_t> FrameFilter::readMore(kj::byte* to, size_t minBytes, size_t maxBytes) {
  return stream.tryRead(to, minBytes, maxBytes).then([this](size_t count) {
    sessionBytes += count;
    KJ_REQUIRE(sessionBytes <= limits.sessionBytesMax, "peer sent more than a session may");
    return count;
  });
}

kj::Duration FrameFilter::atSlowest(uint64_t bytes) const {
  return bytes / limits.bytesPerSecondMin * kj::SECONDS;
}

kj::Maybe<FrameHeader> FrameFilter::parseHeader() const {
  return parseFrameHeader(buffered(), limits.segmentsMax, limits.frameWordsMax);
}

// Takes the header and what has arrived of the body out of the buffer.
kj::Own<FrameFilter::HeldFrame> FrameFilter::startFrame(const FrameHeader& header) {
  KJ_REQUIRE(held->bytes + header.bodyWords * sizeof(word) <= limits.heldBytesMax,
             "peer keeps too much of our memory busy");
  auto frame = kj::heap<HeldFrame>(header, payloadOptions(limits), *held);
  at += header.headerBytes;
  size_t count = kj::min(buffered().size(), frame->bytes().size());
  if (count > 0) memcpy(frame->bytes().begin(), buffer + at, count);
  at += count;
  return frame;
}

void FrameFilter::refuseFor(const kj::Exception& e) {
  if (reason != nullptr) return;
  refused(reason.emplace(kj::str(e.getDescription())));
}

void FrameFilter::inspectSent(kj::ArrayPtr<const kj::ArrayPtr<const word>> segments) {
  for (auto segment : segments) sent += segment.asBytes().size();
  capnp::SegmentArrayMessageReader envelope(segments, envelopeOptions());
  KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] {
    auto message = envelope.getRoot<capnp::rpc::Message>();
    ledger.sent(message);
    if (!message.isFinish() && !message.isRelease()) spoken = true;  // those await nothing
  })) {
    refuseFor(*e);
    kj::throwFatalException(kj::mv(*e));
  }
}

kj::Promise<void> FrameFilter::writeMessage(
    kj::ArrayPtr<const int>, kj::ArrayPtr<const kj::ArrayPtr<const word>> segments) {
  inspectSent(segments);
  return bundle.write(segments);
}

kj::Promise<void> FrameFilter::writeMessages(
    kj::ArrayPtr<kj::ArrayPtr<const kj::ArrayPtr<const word>>> messages) {
  kj::Promise<void> written = kj::READY_NOW;
  for (auto segments : messages) {
    inspectSent(segments);
    written = written.then([this, segments] { return bundle.write(segments); });
  }
  return written;
}

}  // namespace skerry
