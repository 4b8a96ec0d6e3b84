// Cap'n Proto structs as byte strings: one segment, canonical form (Cap'n Proto encoding spec,
// "Canonicalization"), no framing. Equal structs are equal bytes, so they can be hashed, signed,
// compared and stored. Heavy: include from .cpp files only.
#pragma once
#include "shared/crypto/bytes.h"
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/debug.h>

namespace skerry {

template <typename T>
Bytes encode(typename T::Reader from) {
  auto words = capnp::canonicalize(from);
  auto bytes = words.asBytes();
  return Bytes(bytes.begin(), bytes.end());
}

template <typename T>
Bytes encode(typename T::Builder from) { return encode<T>(from.asReader()); }

// A struct read from bytes that it owns. Reading untrusted bytes is safe: what is out of bounds
// throws FAILED from the accessor, and reading is bounded by the size.
template <typename T>
class Decoded {
public:
  explicit Decoded(BytesView from) : words(kj::heapArray<capnp::word>(wordsOf(from))) {
    if (words.size() > 0) memcpy(words.begin(), from.begin(), words.asBytes().size());
    segment = words;
    capnp::ReaderOptions options;
    options.traversalLimitInWords = 64 + 8 * words.size();
    options.nestingLimit = 32;
    message = kj::heap<capnp::SegmentArrayMessageReader>(kj::arrayPtr(&segment, 1), options);
  }
  explicit Decoded(const Bytes& from) : Decoded(view(from)) {}
  KJ_DISALLOW_COPY(Decoded);

  typename T::Reader get() { return message->getRoot<T>(); }
  typename T::Reader operator*() { return get(); }

private:
  static size_t wordsOf(BytesView from) {
    KJ_REQUIRE(from.size() % sizeof(capnp::word) == 0, "not an encoded struct", from.size());
    return from.size() / sizeof(capnp::word);
  }
  kj::Array<capnp::word> words;
  kj::ArrayPtr<const capnp::word> segment;
  kj::Own<capnp::SegmentArrayMessageReader> message;
};

}  // namespace skerry
