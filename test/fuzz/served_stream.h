// A connection whose other end says what the fuzzer wants and does not listen: it sends its bytes
// in pieces of a chosen size, then hangs up.
#pragma once
#include "shared/crypto/bytes.h"
#include <kj/async-io.h>
#include <cstring>

namespace skerry {

class ServedStream final : public kj::AsyncIoStream {
public:
  // `bytes` outlive it. Pieces of 0 bytes: as much as is asked for.
  ServedStream(BytesView bytes, size_t piece) : rest(bytes), piece(piece) {}

  kj::Promise<size_t> tryRead(void* buffer, size_t minBytes, size_t maxBytes) override {
    size_t wanted = piece == 0 ? maxBytes : kj::min(maxBytes, kj::max(minBytes, piece));
    size_t size = kj::min(wanted, rest.size());
    if (size > 0) memcpy(buffer, rest.begin(), size);
    rest = rest.slice(size, rest.size());
    // Not at once: the reader's other work has its turn between two pieces.
    return kj::evalLater([size] { return size; });
  }
  kj::Promise<void> write(const void*, size_t size) override {
    written += size;
    return kj::READY_NOW;
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    for (auto one : pieces) written += one.size();
    return kj::READY_NOW;
  }
  kj::Promise<void> whenWriteDisconnected() override { return kj::NEVER_DONE; }
  void shutdownWrite() override {}
  size_t writtenBytes() const { return written; }

private:
  BytesView rest;
  size_t piece, written = 0;
};

}  // namespace skerry
