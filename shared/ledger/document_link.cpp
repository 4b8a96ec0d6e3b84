#include "shared/ledger/document_link.h"

namespace skerry {

DocumentLink::DocumentLink(Document& document, Peer peer, uint64_t nonce, BlobSource blobs)
    : document(document), peer(peer), ordersSender(document.ordersHalf, kj::mv(blobs)),
      ordersReceiver(document.ordersHalf), localSender(document.localHalf, nonce),
      localReceiver(document.localHalf, nonce) {}

Bytes DocumentLink::hello() const { return encodeHello(document.hello()); }

Step DocumentLink::onHello(BytesView hello) {
  Step step;
  auto decoded = decodeHello(hello);
  if (!decoded || decoded->document != document.ids().name) {
    step.alarms.push_back("a peer greeted with another document than " + document.ids().name);
    return step;
  }
  if (decoded->pieceBytesMax < PIECE_BYTES_MAX) {
    step.alarms.push_back("a peer accepts messages of only " +
                          std::to_string(decoded->pieceBytesMax) + " bytes: upgrade it");
    return step;
  }
  theirs = kj::mv(*decoded);
  greeted = true;
  auto compared = compare(document.hello(), theirs);
  if (compared.forked) {
    step.alarms.push_back("version " + theirs.version.text() + " of " + document.ids().name +
                          " exists with two contents: the parent has lost its memory; the greater "
                          "root wins");
  }
  greetOrders(compared, step);
  greetLocal(compared, step);
  return step;
}

void DocumentLink::greetOrders(const Comparison& compared, Step& step) {
  if (!maySendOrders()) return;
  if (peer == Peer::CHILD && document.isMore(theirs.version, theirs.root)) {
    if (compared.orders == Comparison::OrdersAre::THEIRS_NEWER) {
      step.alarms.push_back("the child of " + document.ids().name + " holds orders " +
                            theirs.version.text() + ", newer than ours: this parent was restored");
    }
    step.mustRead = true;
    return;
  }
  if (peer == Peer::CHILD && document.isUnread()) {
    document.setRead(step.rows);
    step.wasRead = true;
  }
  step.orders = ordersSender.start(theirs.version, theirs.root);
}

Step DocumentLink::startOrders() {
  Step step;
  if (greeted && maySendOrders()) step.orders = ordersSender.start(theirs.version, theirs.root);
  return step;
}

void DocumentLink::greetLocal(const Comparison& compared, Step& step) {
  if (peer == Peer::CHILD) {
    if (theirs.isNew) step.local = localSender.start();
  } else if (compared.localEqual) {
    localSender.agree();
  } else {
    step.local = localSender.start();
  }
}

Step DocumentLink::onOrders(BytesView message) {
  Step step;
  if (!mayTakeOrders()) {
    step.alarms.push_back("the child of " + document.ids().name + " tried to give orders");
    step.reply = refuseOrders("orders flow from the parent to the child");
    return step;
  }
  auto received = ordersReceiver.receive(message);
  step.reply = kj::mv(received.reply);
  step.rows = kj::mv(received.rows);
  step.blobs = kj::mv(received.blobs);
  step.changedOrders = kj::mv(received.changedKeys);
  step.ordersAdvanced = received.advanced;
  if (received.forked) {
    step.alarms.push_back("an orders version of " + document.ids().name +
                          " exists with two contents: the greater root was taken");
  }
  auto& orders = document.orders();
  if (received.advanced) ordersSender.theyHold(orders.version(), orders.root());
  return step;
}

Step DocumentLink::onOrdersReply(BytesView reply) {
  Step step;
  if (!greeted || !maySendOrders()) return step;
  step.orders = ordersSender.onReply(reply);
  if (!ordersSender.refusal().empty()) step.alarms.push_back(ordersSender.refusal());
  return step;
}

Step DocumentLink::onLocal(BytesView message) {
  Step step;
  if (!mayTakeLocal()) {
    step.reply = refuseLocal("only a host with a new database takes these from its parent");
    return step;
  }
  auto before = document.local().changeCount();
  auto received = localReceiver.receive(message);
  localSender.absorbed(before);
  step.reply = kj::mv(received.reply);
  step.rows = kj::mv(received.rows);
  step.localChanged = document.local().changeCount() != before;
  if (received.isFilled && peer == Peer::PARENT) document.setNew(false, step.rows);
  for (auto& dot: received.forks) {
    step.alarms.push_back("write " + dot.text() + " of " + document.ids().name +
                          " exists with two contents: two machines wrote as one host");
    step.needsRewrite |= dot.actor == document.local().actor();
  }
  if (received.claimed) {
    step.alarms.push_back("others know writes of this host to " + document.ids().name +
                          " that it has forgotten: it goes on under a new name");
  }
  if (!received.refused.empty()) {
    step.alarms.push_back("what a peer sent of " + document.ids().name + " was refused: " +
                          received.refused);
  }
  return step;
}

Step DocumentLink::onLocalReply(BytesView reply) {
  Step step;
  if (!greeted || !maySendLocal()) return step;
  step.local = localSender.onReply(reply);
  if (!localSender.refusal().empty()) step.alarms.push_back(localSender.refusal());
  return step;
}

Step DocumentLink::changed() {
  Step step;
  if (!greeted) return step;
  if (maySendOrders()) step.orders = ordersSender.changed();
  // To a new host a parent gives what it knew at the greeting; its peers give the rest.
  if (peer != Peer::CHILD) step.local = localSender.changed();
  return step;
}

bool DocumentLink::isLocalAcknowledged() const { return localSender.isAcknowledged(); }

}  // namespace skerry
