// Cap'n Proto structs as byte strings, for the sources of this folder: canonical form, one segment
// without framing (Cap'n Proto encoding spec, "Canonicalization"), so that equal structs are equal
// bytes. Fields that this version does not know stay where they are when a struct is copied.
#pragma once
#include "shared/ledger/ids.h"
#include "shared/ledger/ledger_limits.h"
#include "capnp/ledger.capnp.h"
#include <capnp/message.h>
#include <kj/debug.h>
#include <cstring>

namespace skerry {

// Enough for most entries; larger messages grow by themselves.
constexpr unsigned SMALL_MESSAGE_WORDS = 128;

template <typename T>
Bytes bytesOf(typename T::Reader from) {
  auto words = capnp::canonicalize(from);
  auto bytes = words.asBytes();
  return Bytes(bytes.begin(), bytes.end());
}

// A struct read from foreign bytes, which it copies. Reading is bounded by the size of the bytes.
template <typename T>
class Opened {
public:
  explicit Opened(BytesView from) : words(kj::heapArray<capnp::word>(from.size() / 8)) {
    KJ_REQUIRE(from.size() % sizeof(capnp::word) == 0, "not an encoded struct", from.size());
    if (from.size() > 0) memcpy(words.begin(), from.begin(), from.size());
    segment = words;
    capnp::ReaderOptions options;
    options.traversalLimitInWords = 64 + 8 * words.size();
    options.nestingLimit = 16;
    message = kj::heap<capnp::SegmentArrayMessageReader>(kj::arrayPtr(&segment, 1), options);
  }
  KJ_DISALLOW_COPY(Opened);
  typename T::Reader operator*() { return message->template getRoot<T>(); }

private:
  kj::Array<capnp::word> words;
  kj::ArrayPtr<const capnp::word> segment;
  kj::Own<capnp::SegmentArrayMessageReader> message;
};

// Runs `read`, which only reads foreign bytes. False when they are malformed.
template <typename F>
bool readsWell(F&& read) {
  return kj::runCatchingExceptions(kj::fwd<F>(read)) == nullptr;
}

inline capnp::Data::Reader dataOf(const Bytes& bytes) { return view(bytes); }
inline capnp::Data::Reader dataOf(const Hash& hash) { return hash.view(); }
inline capnp::Text::Reader textOf(const std::string& text) {
  return capnp::Text::Reader(text.c_str(), text.size());
}

inline VersionId read(schema::VersionId::Reader from) {
  return {from.getHomeGen(), from.getEra(), from.getN()};
}
inline void write(const VersionId& id, schema::VersionId::Builder to) {
  to.setHomeGen(id.homeGen);
  to.setEra(id.era);
  to.setN(id.n);
}
inline Dot read(schema::Dot::Reader from) {
  return {{from.getHost(), from.getIncarnation()}, from.getN()};
}
inline void write(const Dot& dot, schema::Dot::Builder to) {
  to.setHost(dot.actor.host);
  to.setIncarnation(dot.actor.incarnation);
  to.setN(dot.n);
}

}  // namespace skerry
