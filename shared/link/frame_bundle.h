// Frames on their way out: small ones of one turn of the loop leave together, as one write, which
// is one TLS record and one packet. A call and the bootstrap it is made on are such a pair, and so
// are two answers to one read.
//
// A small frame counts as written once it is copied here; when more than BUNDLE_BYTES_MAX wait, or
// a write has failed, it waits for the stream like every large one. Large ones leave in slices, so
// that a slow peer is told from one that does not read. A ping may come while a large one leaves,
// and waits for its end; what else there is to write waits by itself.
#pragma once
#include "shared/async/task.h"
#include "shared/link/link_limits.h"
#include <capnp/common.h>
#include <kj/async-io.h>
#include <kj/vector.h>

namespace skerry {

class FrameBundle final : private kj::TaskSet::ErrorHandler {
public:
  // `stream` outlives it.
  explicit FrameBundle(kj::AsyncIoStream& stream);
  KJ_DISALLOW_COPY(FrameBundle);

  using Segments = kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>;
  // `segments` live until the promise resolves or is dropped; the next write waits for it.
  kj::Promise<void> write(Segments segments);
  // After all that was written the peer reads the end.
  kj::Promise<void> end();
  // A large frame leaves, so that a small one would wait.
  bool isSlicing() const { return slicing; }
  // Copied here, and not fetched yet.
  size_t waitingBytes() const { return gathered.size(); }
  // What the stream has taken so far.
  uint64_t writtenBytes() const { return written; }

private:
  static void addTable(Segments segments, kj::Vector<kj::byte>& to);
  void add(Segments segments);
  void takeOff();
  Task<void> fly();
  // Once all that is gathered is written.
  kj::Promise<void> landed();
  void taskFailed(kj::Exception&& reason) override;
  Task<void> writeSlices(Segments segments);

  kj::AsyncIoStream& stream;
  kj::Vector<kj::byte> gathered;
  kj::Array<kj::byte> leaving;
  uint64_t written = 0;
  bool isFlying = false;  // what is gathered leaves at the end of this turn, or after `leaving`
  bool slicing = false;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;  // until it landed
  kj::Own<kj::Exception> broken;  // since then nothing is written
  kj::TaskSet flight{*this};  // empty while nothing flies: last, since it uses the others
};

}  // namespace skerry
