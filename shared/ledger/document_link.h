// One session's view of a document: what to send to the other end, and what its messages do here.
// Both ends of a session have one. It decides who may say what: orders flow down and between the
// hosts of a site, local flows up and between hosts, and down only to a host with a new database.
//
//   hello() ──►            ◄── their hello: onHello()
//   Step.orders, Step.local ──►   their answers: onOrdersReply(), onLocalReply()
//   their messages: onOrders(), onLocal() ──► Step.reply
//   after any change of the document: changed()
//
// Each Step's rows are made durable before anything in it is sent.
#pragma once
#include "shared/ledger/document.h"

namespace skerry {

// What the other end is to this one.
enum class Peer { PARENT, CHILD, SIBLING };

struct Step {
  RowChanges rows;
  std::optional<Bytes> reply;             // to the message just handed in
  std::vector<Bytes> orders, local;       // to send, in order
  std::vector<TravellingBlob> blobs;      // arrived and verified; keep them with the rows
  std::set<std::string> changedOrders;    // keys
  bool ordersAdvanced = false, localChanged = false;
  std::vector<std::string> alarms;        // for people, each a sentence
  bool needsRewrite = false;              // our own dots forked: Document::rewriteOwn
  // The child says that it holds orders we do not know of. Nothing is sent to it until they were
  // read, or shown to be no such orders: then startOrders().
  bool mustRead = false;
  bool wasRead = false;                   // it holds no others: everything may be projected
};

class DocumentLink {
public:
  // `nonce` is random. Borrows the document for its whole life.
  DocumentLink(Document& document, Peer peer, uint64_t nonce, BlobSource blobs);

  Bytes hello() const;
  Step onHello(BytesView hello);
  Step onOrders(BytesView message);
  Step onOrdersReply(BytesView reply);
  Step onLocal(BytesView message);
  Step onLocalReply(BytesView reply);
  // What `mustRead` waited for is settled.
  Step startOrders();
  // The document changed, through this link or elsewhere.
  Step changed();

  // The other end holds this version, as far as it said.
  const VersionId& theirVersion() const { return ordersSender.theirVersion(); }
  // The newest rules of reading a document that the other end knows; 0 before its hello.
  uint16_t theirDocVersion() const { return theirs.docVersion; }
  // What is kept of messages that are not whole yet; goes with the link.
  size_t stagedBytes() const { return ordersReceiver.stagedBytes() + localReceiver.stagedBytes(); }
  // The other end has made durable all that this one knows of the local half.
  bool isLocalAcknowledged() const;

private:
  bool mayTakeOrders() const { return peer != Peer::CHILD; }
  bool maySendOrders() const { return peer != Peer::PARENT; }
  bool maySendLocal() const { return peer != Peer::CHILD || theirs.isNew; }
  bool mayTakeLocal() const { return peer != Peer::PARENT || document.isNew(); }
  void greetOrders(const Comparison& compared, Step& step);
  void greetLocal(const Comparison& compared, Step& step);

  Document& document;
  Peer peer;
  OrdersSender ordersSender;
  OrdersReceiver ordersReceiver;
  LocalSender localSender;
  LocalReceiver localReceiver;
  HelloState theirs;
  bool greeted = false;
};

}  // namespace skerry
