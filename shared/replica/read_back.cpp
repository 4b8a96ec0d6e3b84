#include "shared/replica/read_back.h"
#include "shared/async/task.h"
#include "shared/ledger/orders_sync.h"
#include <kj/debug.h>
#include <tuple>

namespace skerry {
namespace {

constexpr uint64_t ANY_HOME = 0;  // whatever home it was signed for: the key is ours

struct Piece {
  Bytes data;
  uint64_t size = 0;
};

// Begins with what is known already, so that only what differs travels; anew where that would hide
// another content of the same version.
kj::Own<Orders> scratchOf(const Orders& mine, const Bytes& documentKey, bool isAnew) {
  auto scratch = isAnew ? kj::heap<Orders>(mine.kind(), mine.document()) : kj::heap<Orders>(mine);
  RowChanges unused;
  scratch->trust({documentKey, ANY_HOME}, unused);
  return scratch;
}

Task<kj::Own<Orders>> pull(schema::Downlink::Client child, kj::Own<Orders> shown) {
  OrdersReceiver receiver(*shown);
  Bytes reply = receiver.ask();
  while (true) {
    auto request = child.readBackRequest();
    request.setReply(view(reply));
    auto asking = request.send().then([](auto&& answer) {
      std::vector<Bytes> messages;
      for (auto message : answer.getMessages()) messages.push_back(copy(message));
      return messages;
    });
    auto messages = co_await asking;
    KJ_REQUIRE(!messages.empty(), "what this child says it holds is not what we signed, or no more "
               "than we hold ourselves: it is not read back", shown->document().c_str());
    for (auto& message : messages) {
      auto received = receiver.receive(view(message));
      if (received.advanced) co_return kj::mv(shown);
      if (received.reply) reply = std::move(*received.reply);
    }
  }
}

Task<void> fetchAll(schema::Downlink::Client child, std::set<Hash> wanted, Blobs& blobs,
                    Writer& writer) {
  for (auto& hash : wanted) {
    Bytes got;
    while (!blobs.has(hash)) {
      auto request = child.blobRequest();
      request.setHash(hash.view());
      request.setOffset(got.size());
      auto asking = request.send().then([](auto&& answer) {
        return Piece{copy(answer.getData()), answer.getSize()};
      });
      auto piece = co_await asking;
      if (piece.size > BLOB_BYTES_MAX || piece.data.empty()) break;  // not there either
      got.insert(got.end(), piece.data.begin(), piece.data.end());
      if (got.size() < piece.size) continue;
      if (!blobs.put(hash, std::move(got), writer.rows())) break;
    }
  }
}

}  // namespace

kj::Promise<kj::Own<Orders>> readBack(schema::Downlink::Client child, const Orders& mine,
                                      Bytes documentKey) {
  auto anew = scratchOf(mine, documentKey, true);
  auto again = child;
  // The delta of contents first: a child that stands where we stand, with another content, has
  // nothing that leads on from ours.
  return kj::Promise<kj::Own<Orders>>(pull(kj::mv(child), scratchOf(mine, documentKey, false)))
      .catch_([again = kj::mv(again), anew = kj::mv(anew)](kj::Exception&& reason) mutable
              -> kj::Promise<kj::Own<Orders>> {
    if (reason.getType() != kj::Exception::Type::FAILED) return kj::mv(reason);
    return pull(kj::mv(again), kj::mv(anew));
  }).then([&mine](kj::Own<Orders>&& shown) {
    KJ_REQUIRE(std::tie(shown->version(), shown->root()) != std::tie(mine.version(), mine.root()) &&
                   shown->version() >= mine.version(),
               "this child holds no more than we do: it is not read back",
               mine.document().c_str());
    return kj::mv(shown);
  });
}

kj::Promise<void> readBlobs(schema::Downlink::Client child, std::set<Hash> wanted, Blobs& blobs,
                            Writer& writer) {
  return fetchAll(kj::mv(child), std::move(wanted), blobs, writer);
}

}  // namespace skerry
