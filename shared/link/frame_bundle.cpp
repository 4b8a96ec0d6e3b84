#include "shared/link/frame_bundle.h"

namespace skerry {
namespace {

size_t sizeOf(FrameBundle::Segments segments) {
  size_t words = segments.size() / 2 + 1;  // the table: a count, and a size each
  for (auto segment : segments) words += segment.size();
  return words * sizeof(capnp::word);
}

}  // namespace

FrameBundle::FrameBundle(kj::AsyncIoStream& stream) : stream(stream) {}

kj::Promise<void> FrameBundle::write(Segments segments) {
  if (sizeOf(segments) > BUNDLED_FRAME_BYTES_MAX) {
    return landed().then([this, segments] { return kj::Promise<void>(writeSlices(segments)); });
  }
  if (broken.get() != nullptr) return kj::cp(*broken);
  add(segments);
  takeOff();
  if (gathered.size() > BUNDLE_BYTES_MAX) return landed();
  return kj::READY_NOW;
}

void FrameBundle::takeOff() {
  if (isFlying || slicing) return;
  isFlying = true;
  flight.add(fly());
}

kj::Promise<void> FrameBundle::end() {
  return landed().then([this] { stream.shutdownWrite(); });
}

kj::Promise<void> FrameBundle::landed() {
  if (broken.get() != nullptr) return kj::cp(*broken);
  if (!isFlying) return kj::READY_NOW;
  auto pair = kj::newPromiseAndFulfiller<void>();
  waiting.add(kj::mv(pair.fulfiller));
  return kj::mv(pair.promise);
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

Task<void> FrameBundle::fly() {
  while (gathered.size() > 0) {
    auto endOfTurn = kj::evalLast([] {});
    co_await endOfTurn;
    if (slicing) break;  // it began first; after its end this takes off again
    leaving = gathered.releaseAsArray();
    auto taken = stream.write(leaving.begin(), leaving.size());
    co_await taken;
    written += leaving.size();
    leaving = nullptr;
  }
  isFlying = false;
  for (auto& one : waiting) one->fulfill();
  waiting = {};
}

void FrameBundle::taskFailed(kj::Exception&& reason) {
  isFlying = false;
  for (auto& one : waiting) one->reject(kj::cp(reason));
  waiting = {};
  broken = kj::heap(kj::mv(reason));
}

// The table leaves with the first slice, in one packet. Dropped halfway it leaves a stream on which
// nothing can follow.
Task<void> FrameBundle::writeSlices(Segments segments) {
  slicing = true;
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
  if (bytes > 0) {
    auto taken = stream.write(slice.asPtr());
    co_await taken;
    written += bytes;
  }
  slicing = false;
  if (gathered.size() > 0) takeOff();
}

}  // namespace skerry
