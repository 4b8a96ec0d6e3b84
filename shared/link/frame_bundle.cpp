#include "shared/link/frame_bundle.h"

namespace skerry {
namespace {

size_t sizeOf(FrameBundle::Segments segments) {
  size_t words = segments.size() / 2 + 1;  // the table: a count, and a size each
  for (auto segment : segments) words += segment.size();
  return words * sizeof(capnp::word);
}

}  // namespace

FrameBundle::FrameBundle(kj::AsyncIoStream& stream)
    : stream(stream), out(stream), flight(kj::Promise<void>(kj::READY_NOW).fork()) {}

kj::Promise<void> FrameBundle::write(Segments segments) {
  if (sizeOf(segments) > BUNDLED_FRAME_BYTES_MAX) {
    return flight.addBranch().then([this, segments] {
      return out.writeMessage(nullptr, segments);
    });
  }
  add(segments);
  if (!isPlanned) {
    isPlanned = true;
    auto next = flight.addBranch().then([this] {
      return kj::evalLast([this] { return flush(); });
    });
    flight = next.fork();
  }
  if (isBroken || gathered.size() > BUNDLE_BYTES_MAX) return flight.addBranch();
  return kj::READY_NOW;
}

kj::Promise<void> FrameBundle::end() {
  return flight.addBranch().then([this] { return out.end(); });
}

// The framing of a stream of messages (Cap'n Proto encoding spec, "Serialization over a stream").
void FrameBundle::add(Segments segments) {
  auto addNumber = [this](uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) gathered.add(kj::byte(value >> shift));
  };
  addNumber(segments.size() - 1);
  for (auto segment : segments) addNumber(segment.size());
  if (segments.size() % 2 == 0) addNumber(0);
  for (auto segment : segments) gathered.addAll(segment.asBytes());
}

kj::Promise<void> FrameBundle::flush() {
  isPlanned = false;
  leaving = gathered.releaseAsArray();
  return stream.write(leaving.begin(), leaving.size()).catch_([this](kj::Exception&& reason) {
    isBroken = true;
    kj::throwFatalException(kj::mv(reason));
  });
}

}  // namespace skerry
