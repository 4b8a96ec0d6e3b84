// How a version of the orders half gets from one replica to another: two state machines on encoded
// messages (OrdersMessage one way, OrdersReply the other; see ledger.capnp).
//
//   sender   start(what they hold) ──► delta, if the changes since are remembered
//                                  ──► else bucket list ◄── wants ──► pieces ◄── wants ... held
//            changed()             ──► delta onto what was sent last
//
// Any message may be lost, repeated, reordered or late: the receiver takes nothing on trust but
// the signature, and the next hello starts the exchange anew. Nobody talks for ever: a receiver
// keeps to the greatest version it was offered, a sender that holds less falls silent, and pieces
// that bring nothing are refused after a few attempts. Both borrow their Orders.
#pragma once
#include "shared/ledger/orders.h"
#include <functional>

namespace skerry {

struct TravellingBlob {
  Hash hash;
  Bytes content;
  bool operator==(const TravellingBlob&) const = default;
};

// The content of a blob, or nothing when it is not here.
using BlobSource = std::function<std::optional<Bytes>(const Hash&)>;

// At the parent, and at a host that passes versions on to another host of its site.
class OrdersSender {
public:
  // `piecesPerBurst`: how many pieces are sent before an answer is awaited.
  OrdersSender(const Orders& orders, BlobSource blobs, size_t piecesPerBurst = PIECES_PER_BURST);

  // Their hello said that they hold this. Messages to send in order; none when it is ours.
  std::vector<Bytes> start(const VersionId& held, const Hash& root);
  // Our orders moved on; the delta leads on from what was sent last.
  std::vector<Bytes> changed();
  std::vector<Bytes> onReply(BytesView reply);
  // What was received from them is held by them: it need not be sent back.
  void theyHold(const VersionId& version, const Hash& root);

  const VersionId& theirVersion() const { return theirs; }     // last known to be held
  const std::string& refusal() const { return refused; }       // the last one, for people

private:
  std::vector<Bytes> advanceFrom(VersionId version, Hash root);
  std::optional<Bytes> delta(const VersionId& version, const Hash& root) const;
  Bytes list() const;
  // A burst of what is wanted of this version, or the list when ours is greater.
  std::vector<Bytes> pieces(BytesView wanted, BytesView after, VersionId version, Hash root) const;

  const Orders& orders;
  BlobSource blobs;
  size_t piecesPerBurst;
  VersionId theirs, offered;
  Hash offeredRoot;
  bool started = false;
  std::string refused;
};

// At a child whose parent was restored and asks what it holds, with an OrdersReply like any
// receiver: the messages that answer it. None: the parent refused what it was shown.
std::vector<Bytes> showOrders(const Orders& orders, BytesView reply);

// The answer to a message that may not be sent by whom it came from.
Bytes refuseOrders(const std::string& reason);

// At the child.
class OrdersReceiver {
public:
  explicit OrdersReceiver(Orders& orders);

  struct Received {
    std::optional<Bytes> reply;           // to send once `rows` are durable
    RowChanges rows;
    std::vector<TravellingBlob> blobs;    // verified against their hashes; keep them with the rows
    std::set<std::string> changedKeys;    // when a version was reached
    bool advanced = false;
    bool forked = false;                  // equal version with another root: alarm
  };
  Received receive(BytesView message);
  // The first answer of one who has nobody's message yet: asks for the list.
  Bytes ask() const { return wantsList(); }
  // Of a version that is not whole yet.
  size_t stagedBytes() const { return staging ? staging->bytes : 0; }

private:
  // Entries of one bucket, as far as they came.
  struct Staged {
    std::map<std::string, Bytes> entries;
    Hash after;        // the last key hash received
    size_t bytes = 0;
    bool isWhole = false;   // and matches the list
  };
  // A version on its way: its list was checked against the signed root.
  struct Staging {
    SignedVersion version;
    Version opened;
    std::vector<Hash> list;
    std::map<size_t, Staged> buckets;
    size_t bytes = 0;
    size_t wholeBuckets = 0, bytesAtMost = 0;  // as far as it ever got, for noticing
    unsigned burstsInVain = 0;                 // a sender whose pieces do not match its list
  };
  struct In;
  struct PartIn;
  void onDelta(const In& in, Received& out);
  void onList(const In& in, Received& out);
  void onPiece(const In& in, Received& out);
  bool stagePart(const PartIn& part);
  void drop(size_t bucket);
  bool isNearer();
  bool isMissing(size_t bucket) const;
  bool isComplete() const;
  void commit(Received& out);
  void finish(const Version& version, const SignedVersion& offered, const OrdersEdit& edit,
              Received& out);
  // Whether the version is worth fetching; else the answer is in `out`.
  bool isWanted(const SignedVersion& offered, Version& opened, Received& out);
  Bytes held() const;
  Bytes wantsList() const;
  Bytes wants() const;

  Orders& orders;
  std::optional<Staging> staging;
};

}  // namespace skerry
