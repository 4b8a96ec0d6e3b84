#include "shared/ledger/hello.h"
#include "shared/ledger/message.h"

namespace skerry {

namespace {

std::array<uint64_t, 2> first16(const Hash& hash) {
  return {*unpackNumber(hash.view().slice(0, 8)), *unpackNumber(hash.view().slice(8, 16))};
}

}  // namespace

HelloState helloOf(const Orders& orders, const Local& local, bool isNew) {
  HelloState hello;
  hello.document = orders.document();
  hello.version = orders.version();
  hello.root = orders.root();
  hello.context = first16(local.contextHash());
  hello.local = first16(local.localHash());
  hello.pieceBytesMax = PIECE_BYTES_MAX;
  hello.docVersion = DOC_VERSION;
  hello.isNew = isNew;
  return hello;
}

Bytes encodeHello(const HelloState& hello) {
  capnp::MallocMessageBuilder message(SMALL_MESSAGE_WORDS);
  auto to = message.initRoot<schema::Hello>();
  to.setDocument(textOf(hello.document));
  to.setVersion(hello.version.n);
  to.setEra(hello.version.era);
  to.setHomeGen(hello.version.homeGen);
  if (!hello.root.isZero()) to.setRoot(dataOf(hello.root));
  to.setContextHigh(hello.context[0]);
  to.setContextLow(hello.context[1]);
  to.setLocalHigh(hello.local[0]);
  to.setLocalLow(hello.local[1]);
  to.setPieceBytesMax(hello.pieceBytesMax);
  to.setDocVersion(hello.docVersion);
  to.setIsNew(hello.isNew);
  return bytesOf<schema::Hello>(to.asReader());
}

std::optional<HelloState> decodeHello(BytesView encoded) {
  HelloState hello;
  bool isWell = readsWell([&]() {
    Opened<schema::Hello> decoded(encoded);
    auto from = *decoded;
    hello.document = text(from.getDocument());
    hello.version = {from.getHomeGen(), from.getEra(), from.getVersion()};
    hello.root = Hash::from(from.getRoot());
    hello.context = {from.getContextHigh(), from.getContextLow()};
    hello.local = {from.getLocalHigh(), from.getLocalLow()};
    hello.pieceBytesMax = from.getPieceBytesMax();
    hello.docVersion = from.getDocVersion();
    hello.isNew = from.getIsNew();
  });
  if (!isWell) return std::nullopt;
  return hello;
}

Comparison compare(const HelloState& mine, const HelloState& theirs) {
  using Are = Comparison::OrdersAre;
  Comparison result;
  result.sameDocument = mine.document == theirs.document;
  auto order = mine.version <=> theirs.version;
  result.forked = order == 0 && mine.root != theirs.root;
  if (order == 0) order = mine.root <=> theirs.root;
  result.orders = order == 0 ? Are::EQUAL : order > 0 ? Are::MINE_NEWER : Are::THEIRS_NEWER;
  result.localEqual = mine.context == theirs.context && mine.local == theirs.local;
  return result;
}

}  // namespace skerry
