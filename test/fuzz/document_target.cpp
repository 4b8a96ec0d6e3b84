// One session's messages of a document, from whoever is at the other end: any order, any bytes.
//
// The first byte says who is attacked: a child by its parent, a parent by its child, or a host by
// another of its site. Then one byte for the method and a piece, again and again.
#include "shared/ledger/document_link.h"
#include "test/fuzz/fuzz.h"
#include "test/support/authority.h"

namespace skerry {
namespace {

enum Method : uint8_t { HELLO, ORDERS, ORDERS_REPLY, LOCAL, LOCAL_REPLY, EDIT, METHODS };
constexpr size_t STEPS_MAX = 32;
constexpr uint64_t SEEN_FROM = 3;  // a nonce

const DocumentIds PARENT{"site/oslo", DocumentKind::SITE, DocumentEnd::PARENT, 0};
const DocumentIds CHILD{"site/oslo", DocumentKind::SITE, DocumentEnd::CHILD, 7};

struct Replica {
  RowChanges rows;
  std::unique_ptr<Signer> signer = signerOf(5);
  Document document;
  uint8_t edits = 0;

  explicit Replica(const DocumentIds& ids) : document(ids, rows) {
    if (ids.end == DocumentEnd::CHILD) document.trust({signer->publicKey(), 1}, rows);
    change();
    change();
  }
  void change() {
    auto name = std::to_string(++edits);
    if (document.ids().end == DocumentEnd::CHILD) {
      LocalDraft draft;
      draft.key = LocalKey::hold("acme/" + name, Gen::from(view(lifeOf(1))));
      draft.kind = LocalKind::HOLD;
      draft.value = copy(sha256(view("revision")).view());
      draft.author = "local:0";
      document.write(draft, 1'000, 42);
      return;
    }
    OrderEntry entry;
    entry.gen = Gen::from(view(lifeOf(edits)));
    entry.value = copy(view(name));
    OrdersEdit edit;
    edit.puts["app/" + name] = encodeOrderEntry(entry);
    document.edit(edit, 1, {1, 1, *signer});
  }
};

Step perform(Replica& replica, DocumentLink& link, uint8_t method, BytesView message) {
  switch (method) {
    case HELLO: return link.onHello(message);
    case ORDERS: return link.onOrders(message);
    case ORDERS_REPLY: return link.onOrdersReply(message);
    case LOCAL: return link.onLocal(message);
    case LOCAL_REPLY: return link.onLocalReply(message);
    default: replica.change(); return link.changed();
  }
}

void checkMessages(const Step& step) {
  auto check = [](const std::vector<Bytes>& messages) {
    for (auto& message : messages) {
      mustHold(message.size() <= PIECE_BYTES_MAX, "what is sent fits into one message");
    }
  };
  check(step.orders);
  check(step.local);
}

void run(BytesView input) {
  FuzzInput rest(input);
  static constexpr Peer PEERS[] = {Peer::PARENT, Peer::CHILD, Peer::SIBLING};
  auto peer = PEERS[rest.byte() % 3];
  Replica replica(peer == Peer::CHILD ? PARENT : CHILD);
  auto ordersBefore = replica.document.orders().version();
  DocumentLink link(replica.document, peer, SEEN_FROM, [](const Hash&) { return std::nullopt; });
  StoredRows stored;
  bool isRefused = false;
  for (size_t steps = 0; !rest.empty() && steps < STEPS_MAX && !isRefused; ++steps) {
    auto method = uint8_t(rest.byte() % METHODS);
    auto message = rest.piece();
    isRefused = !mayRefuse([&] { checkMessages(perform(replica, link, method, message)); });
  }
  if (peer == Peer::CHILD) {
    mustHold(replica.document.orders().version() >= ordersBefore, "a child takes nothing back");
  }
  mustHold(replica.document.local().entries().size() <= STEPS_MAX + 2 + 4'096,
           "what was joined is bounded");
}

void add(Bytes& seed, uint8_t method, BytesView message) {
  seed.push_back(method);
  addPiece(seed, message);
}

// What one end says to the other while they come into step, from the other's side.
struct Talk {
  Replica parent{PARENT}, child{CHILD};
  DocumentLink up{child.document, Peer::PARENT, 1, [](const Hash&) { return std::nullopt; }};
  DocumentLink down{parent.document, Peer::CHILD, 2, [](const Hash&) { return std::nullopt; }};
  Bytes toChild{0}, toParent{1}, toSibling{2};

  Talk() {
    auto theirs = down.hello();
    auto ours = up.hello();
    add(toChild, HELLO, view(theirs));
    add(toSibling, HELLO, view(theirs));
    add(toParent, HELLO, view(ours));
    deliver(up.onHello(view(theirs)), true);
    deliver(down.onHello(view(ours)), false);
    parent.change();
    deliver(down.changed(), false);
    child.change();
    deliver(up.changed(), true);
  }
  void deliver(const Step& step, bool fromChild) {
    for (auto& message : step.local) {
      if (!fromChild) continue;
      add(toParent, LOCAL, view(message));
      add(toSibling, LOCAL, view(message));
      auto answered = down.onLocal(view(message));
      if (!answered.reply) continue;
      add(toChild, LOCAL_REPLY, view(*answered.reply));
      deliver(up.onLocalReply(view(*answered.reply)), true);
    }
    for (auto& message : step.orders) {
      if (fromChild) continue;
      add(toChild, ORDERS, view(message));
      add(toSibling, ORDERS, view(message));
      auto answered = up.onOrders(view(message));
      if (!answered.reply) continue;
      add(toParent, ORDERS_REPLY, view(*answered.reply));
      deliver(down.onOrdersReply(view(*answered.reply)), false);
    }
  }
};

std::vector<Bytes> seeds() {
  Talk talk;
  auto busy = talk.toParent;
  add(busy, EDIT, nullptr);
  return {talk.toChild, talk.toParent, talk.toSibling, busy};
}

FUZZ_TARGET("document", run, seeds);

}  // namespace
}  // namespace skerry
