// What both ends of a session say first, and what follows from comparing it. About 150 bytes.
#pragma once
#include "shared/ledger/local.h"

namespace skerry {

struct HelloState {
  std::string document;
  VersionId version;
  Hash root;                         // zeros while no version is held
  std::array<uint64_t, 2> context{}, local{};
  uint32_t pieceBytesMax = 0;        // longest message accepted
  uint16_t docVersion = 0;           // newest rules of reading known
  bool isNew = false;                // a new database: wants the local half back from its parent
  bool operator==(const HelloState&) const = default;
};

// The rules of reading a document that this version knows.
constexpr uint16_t DOC_VERSION = 1;

HelloState helloOf(const Orders& orders, const Local& local, bool isNew);
Bytes encodeHello(const HelloState& hello);
std::optional<HelloState> decodeHello(BytesView encoded);

struct Comparison {
  enum class OrdersAre { EQUAL, MINE_NEWER, THEIRS_NEWER };
  bool sameDocument = true;          // false: nothing may be exchanged
  OrdersAre orders = OrdersAre::EQUAL;
  bool forked = false;               // equal version, unequal root: alarm; the greater root wins
  bool localEqual = true;
  bool nothingToDo() const {
    return sameDocument && orders == OrdersAre::EQUAL && localEqual;
  }
};
Comparison compare(const HelloState& mine, const HelloState& theirs);

}  // namespace skerry
