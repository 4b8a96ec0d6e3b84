#include "shared/link/frame.h"
#include <kj/debug.h>

namespace skerry {

using capnp::word;

namespace {

uint32_t readLe32(const kj::byte* p) {
  return p[0] | p[1] << 8 | p[2] << 16 | uint32_t(p[3]) << 24;
}

}  // namespace

kj::Maybe<FrameHeader> parseFrameHeader(kj::ArrayPtr<const kj::byte> bytes, kj::uint segmentsMax,
                                        size_t wordsMax) {
  if (bytes.size() < sizeof(word)) return nullptr;
  uint32_t last = readLe32(bytes.begin());
  KJ_REQUIRE(last < segmentsMax, "peer sent a frame of too many segments", last);
  FrameHeader header;
  header.segments = last + 1;
  header.headerBytes = (header.segments / 2 + 1) * sizeof(word);
  if (bytes.size() < header.headerBytes) return nullptr;
  for (kj::uint i = 0; i < header.segments; i++) {
    header.words[i] = readLe32(bytes.begin() + (i + 1) * sizeof(uint32_t));
    header.bodyWords += header.words[i];
  }
  KJ_REQUIRE(header.bodyWords <= wordsMax, "peer announced too large a frame", header.bodyWords);
  return header;
}

Frame::Frame(const FrameHeader& header, capnp::ReaderOptions options)
    : MessageReader(options), body(kj::heapArray<word>(header.bodyWords)),
      segments(kj::heapArray<kj::ArrayPtr<const word>>(header.segments)) {
  size_t at = 0;
  for (kj::uint i = 0; i < header.segments; at += header.words[i++]) {
    segments[i] = body.slice(at, at + header.words[i]);
  }
}

kj::ArrayPtr<const word> Frame::getSegment(kj::uint id) {
  return id < segments.size() ? segments[id] : nullptr;
}

Task<kj::Own<Frame>> readFrame(kj::AsyncInputStream& stream, size_t bytesMax) {
  kj::byte table[(SEGMENTS_CEILING / 2 + 1) * sizeof(word)];
  size_t have = 0;
  kj::Maybe<FrameHeader> header;
  while (header == nullptr) {
    // A word more at a time: nothing after the table may be taken yet.
    auto more = stream.read(table + have, sizeof(word));
    co_await more;
    have += sizeof(word);
    header = parseFrameHeader(kj::arrayPtr(table, have), SEGMENTS_CEILING, bytesMax / sizeof(word));
  }
  capnp::ReaderOptions options;
  options.traversalLimitInWords = 4 * bytesMax / sizeof(word);
  options.nestingLimit = LinkLimits().nestingMax;
  auto& known = *kj::_::readMaybe(header);
  auto frame = kj::heap<Frame>(known, options);
  auto rest = stream.read(frame->bytes().begin(), frame->bytes().size());
  co_await rest;
  co_return kj::mv(frame);
}

}  // namespace skerry
