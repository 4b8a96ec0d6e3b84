// How knowledge of the local half gets from one replica to another: two state machines on encoded
// messages (LocalMessage one way, LocalReply the other; see ledger.capnp).
//
//   sender   start() ──► offer ◄── wants(context) ──► pieces of a snapshot ◄── joined
//            changed() ──► change 1, change 2 ... of that stream ◄── joined
//
// The receiver joins a snapshot only whole, and a change only directly after what came before it
// in the same stream or onto exactly the state it names; whatever else arrives is a repetition, or
// is answered with `wants`. Both borrow their Local.
#pragma once
#include "shared/ledger/local.h"

namespace skerry {

class LocalSender {
public:
  // `nonce` is random: tells this sender's streams from those of others.
  LocalSender(const Local& local, uint64_t nonce);

  // The hellos differ: messages to send, in order.
  std::vector<Bytes> start();
  // The hellos agree: the stream begins here. Its first change says what state it follows.
  void agree();
  // Local changed. Nothing is sent before a stream began.
  std::vector<Bytes> changed();
  std::vector<Bytes> onReply(BytesView reply);
  // Local changed from `before` (its change count) by what this receiver sent us itself: that need
  // not be sent back.
  void absorbed(uint64_t before);

  // Everything up to the present state was acknowledged as durable by the receiver.
  bool isAcknowledged() const;
  const std::string& refusal() const { return refused; }

private:
  std::vector<Bytes> snapshot(const Context& theirs, uint64_t answers);

  const Local& local;
  uint64_t nonce, streams = 0;
  uint64_t stream = 0, seq = 0;    // of the last message sent; 0: no stream
  uint64_t sentUpTo = 0;           // change count of Local covered by it
  uint64_t ackedStream = 0, ackedSeq = 0;
  Bytes base;                      // what the first change after agree() follows
  bool isStreaming = false;
  std::string refused;
};

class LocalReceiver {
public:
  // `nonce` is random: tells this receiver's requests from those of others.
  LocalReceiver(Local& local, uint64_t nonce);

  struct Received {
    std::optional<Bytes> reply;      // to send once `rows` are durable
    RowChanges rows;
    std::vector<Dot> added, removed;
    std::vector<Dot> forks;          // alarm
    bool claimed = false;            // take a new incarnation before the next write
    bool isFilled = false;           // joined a snapshot that was made for this receiver's request
    std::string refused;             // alarm text when the message was refused
  };
  Received receive(BytesView message);
  // Of a snapshot that is not whole yet.
  size_t stagedBytes() const { return staging ? staging->bytes : 0; }

private:
  struct Staging {
    uint64_t stream = 0;
    uint32_t count = 0;
    uint64_t answers = 0;
    size_t bytes = 0;
    std::map<uint32_t, Bytes> pieces;
  };
  struct In;
  void onPiece(const In& in, BytesView message, Received& out);
  void onChange(const In& in, Received& out);
  void joinStaged(Received& out);
  void take(Joined&& joined, uint64_t ofStream, uint64_t ofSeq, Received& out);
  void want(Received& out);
  void acknowledge(Received& out) const;

  Local& local;
  std::optional<Staging> staging;
  uint64_t stream = 0, seq = 0;    // the last message joined
  uint64_t asked;                  // number of the last request
  bool hasAsked = false;
  unsigned refusedInARow = 0;
};

// The answer to a message that may not be sent by whom it came from.
Bytes refuseLocal(const std::string& reason);

// The state of a replica in 32 bytes: 16 of the hash of its context, 16 of that of its entries.
Bytes stateOf(const Local& local);

}  // namespace skerry
