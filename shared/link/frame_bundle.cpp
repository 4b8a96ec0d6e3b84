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
    : stream(stream), flight(kj::Promise<void>(kj::READY_NOW).fork()) {}

kj::Promise<void> FrameBundle::write(Segments segments) {
  if (sizeOf(segments) > BUNDLED_FRAME_BYTES_MAX) {
    return flight.addBranch().then([this, segments] {
      return kj::Promise<void>(writeSlices(segments));
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
  return flight.addBranch().then([this] { stream.shutdownWrite(); });
}

// The framing of a stream of messages (Cap'n Proto encoding spec, "Serialization over a stream").
void FrameBundle::addTable(Segments segments, kj::Vector<kj::byte>& to) {
  auto addNumber = [&to](uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) to.add(kj::byte(value >> shift));
  };
  addNumber(segments.size() - 1);
  for (auto segment : segments) addNumber(segment.size());
  if (segments.size() % 2 == 0) addNumber(0);
}

void FrameBundle::add(Segments segments) {
  addTable(segments, gathered);
  for (auto segment : segments) gathered.addAll(segment.asBytes());
}

kj::Promise<void> FrameBundle::flush() {
  isPlanned = false;
  leaving = gathered.releaseAsArray();
  return stream.write(leaving.begin(), leaving.size()).then([this] {
    written += leaving.size();
  }, [this](kj::Exception&& reason) {
    isBroken = true;
    kj::throwFatalException(kj::mv(reason));
  });
}

// The table leaves with the first slice, in one packet.
Task<void> FrameBundle::writeSlices(Segments segments) {
  kj::Vector<kj::byte> table;
  addTable(segments, table);
  kj::Vector<kj::ArrayPtr<const kj::byte>> slice;
  slice.add(table.asPtr());
  size_t bytes = table.size();
  for (auto segment : segments) {
    auto rest = segment.asBytes();
    while (rest.size() > 0) {
      auto piece = rest.slice(0, kj::min(rest.size(), WRITE_SLICE_BYTES));
      rest = rest.slice(piece.size(), rest.size());
      slice.add(piece);
      bytes += piece.size();
      if (bytes < WRITE_SLICE_BYTES) continue;
      auto taken = stream.write(slice.asPtr());
      co_await taken;
      written += bytes;
      bytes = 0;
      slice.clear();
    }
  }
  if (bytes == 0) co_return;
  auto taken = stream.write(slice.asPtr());
  co_await taken;
  written += bytes;
}

}  // namespace skerry
