#include "shared/link/frame_bundle.h"
#include "shared/crypto/bytes.h"
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <doctest/doctest.h>

namespace skerry {
namespace {

// Takes writes when the test says so, and remembers each.
class Wire final : public kj::AsyncIoStream {
public:
  std::vector<Bytes> writes;
  bool isStuck = false, isBroken = false;
  kj::Own<kj::PromiseFulfiller<void>> release;

  kj::Promise<void> write(const void* buffer, size_t size) override {
    if (isBroken) return KJ_EXCEPTION(DISCONNECTED, "the wire is cut");
    auto bytes = static_cast<const uint8_t*>(buffer);
    writes.push_back(Bytes(bytes, bytes + size));
    if (!isStuck) return kj::READY_NOW;
    auto pair = kj::newPromiseAndFulfiller<void>();
    release = kj::mv(pair.fulfiller);
    return kj::mv(pair.promise);
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    Bytes whole;
    for (auto piece : pieces) whole.insert(whole.end(), piece.begin(), piece.end());
    return write(whole.data(), whole.size());
  }
  kj::Promise<size_t> tryRead(void*, size_t, size_t) override { return kj::NEVER_DONE; }
  kj::Promise<void> whenWriteDisconnected() override { return kj::NEVER_DONE; }
  void shutdownWrite() override { writes.push_back({}); }
};

struct Bench {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  Wire wire;
  FrameBundle bundle{wire};
  std::vector<kj::Own<capnp::MallocMessageBuilder>> frames;

  // A frame of about this size, of so many segments.
  FrameBundle::Segments frame(size_t bytes, unsigned segments = 1) {
    auto made = segments == 1
        ? kj::heap<capnp::MallocMessageBuilder>()
        : kj::heap<capnp::MallocMessageBuilder>(1, capnp::AllocationStrategy::FIXED_SIZE);
    made->initRoot<capnp::AnyPointer>().initAs<capnp::Data>(bytes).begin()[0] = frames.size() + 1;
    frames.push_back(kj::mv(made));
    return frames.back()->getSegmentsForOutput();
  }
  // Everything that was written so far, as it would be without bundles.
  Bytes plainly(size_t from = 0) {
    Bytes all;
    for (size_t i = from; i < frames.size(); ++i) {
      auto words = capnp::messageToFlatArray(*frames[i]);
      all.insert(all.end(), words.asBytes().begin(), words.asBytes().end());
    }
    return all;
  }
  Bytes written() {
    Bytes all;
    for (auto& write : wire.writes) all.insert(all.end(), write.begin(), write.end());
    return all;
  }
  // As the RPC system does: the next one when the last one is written.
  void writeAll(std::vector<FrameBundle::Segments> all) {
    kj::Promise<void> written = kj::READY_NOW;
    for (auto segments : all) {
      written = written.then([this, segments] { return bundle.write(segments); });
    }
    written.wait(scope);
  }
  void settle() { scope.poll(); }
};

TEST_CASE("small frames of one turn leave as one write, and later ones as another") {
  Bench b;
  b.writeAll({b.frame(50), b.frame(100, 2), b.frame(8)});
  b.settle();
  CHECK(b.wire.writes.size() == 1);
  b.writeAll({b.frame(20)});
  b.settle();
  CHECK(b.wire.writes.size() == 2);
  CHECK(b.written() == b.plainly());
}

TEST_CASE("frames of any size keep their order and their bytes") {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    Bench b;
    std::vector<FrameBundle::Segments> all;
    for (unsigned i = 1; i <= 30; ++i) {
      all.push_back(b.frame((seed * 7919 * i) % (2 * BUNDLED_FRAME_BYTES_MAX) + 1, 1 + i % 2));
    }
    b.writeAll(all);
    b.settle();
    CHECK(b.written() == b.plainly());
  }
}

TEST_CASE("a stream that takes nothing makes writers wait once a few kilobytes are gathered") {
  Bench b;
  b.wire.isStuck = true;
  size_t counted = 0;
  kj::Promise<void> waiting = nullptr;
  for (bool isDone = true; isDone; ++counted) {
    REQUIRE(counted < 100);
    waiting = b.bundle.write(b.frame(400)).eagerlyEvaluate(nullptr);
    b.settle();
    isDone = waiting.poll(b.scope);
  }
  CHECK(counted * 400 < BUNDLE_BYTES_MAX + 3 * 400);
  b.wire.isStuck = false;
  b.wire.release->fulfill();
  waiting.wait(b.scope);
  b.settle();
  CHECK(b.written() == b.plainly());
}

TEST_CASE("who writes after a failed write hears of it") {
  Bench b;
  b.wire.isBroken = true;
  b.bundle.write(b.frame(50)).wait(b.scope);
  b.settle();
  for (size_t bytes : {50, 5'000}) {
    auto failure = kj::runCatchingExceptions([&] { b.bundle.write(b.frame(bytes)).wait(b.scope); });
    REQUIRE(failure != nullptr);
    KJ_IF_MAYBE(reason, failure) CHECK(reason->getType() == kj::Exception::Type::DISCONNECTED);
  }
}

TEST_CASE("the end comes after all that was written") {
  Bench b;
  b.writeAll({b.frame(50), b.frame(60)});
  b.bundle.end().wait(b.scope);
  REQUIRE(b.wire.writes.size() == 2);
  CHECK(b.wire.writes[1].empty());
  CHECK(b.written() == b.plainly());
}

}  // namespace
}  // namespace skerry
