// One Cap'n Proto message on a stream, and the size of it before any of it is believed.
//
// The library's own reader (0.9.2) adds one to the segment count it received: ff ff ff ff becomes
// an empty table that it then writes to. Here the count is checked before it is used at all.
#pragma once
#include "shared/async/task.h"
#include "shared/link/link_limits.h"
#include <capnp/message.h>
#include <kj/async-io.h>

namespace skerry {

struct FrameHeader {
  kj::uint segments = 0;
  uint32_t words[SEGMENTS_CEILING];
  size_t headerBytes = 0, bodyWords = 0;
};
// Null while the segment table is incomplete. Throws when it announces more than the limits.
kj::Maybe<FrameHeader> parseFrameHeader(kj::ArrayPtr<const kj::byte> bytes, kj::uint segmentsMax,
                                        size_t wordsMax);

// A message in one piece of memory, to be filled after it was made.
class Frame : public capnp::MessageReader {
public:
  Frame(const FrameHeader& header, capnp::ReaderOptions options);
  kj::ArrayPtr<const capnp::word> getSegment(kj::uint id) override;
  kj::ArrayPtr<kj::byte> bytes() { return body.asBytes(); }
  kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> allSegments() const { return segments; }

private:
  kj::Array<capnp::word> body;
  kj::Array<kj::ArrayPtr<const capnp::word>> segments;
};

// The next frame, of a stream that carries few. `stream` outlives the task. DISCONNECTED when the
// stream ends first; FAILED beyond `bytesMax`.
Task<kj::Own<Frame>> readFrame(kj::AsyncInputStream& stream, size_t bytesMax);

}  // namespace skerry
