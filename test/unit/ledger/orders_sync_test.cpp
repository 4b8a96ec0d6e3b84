#include "shared/ledger/orders_sync.h"
#include "test/unit/ledger/catalogue.h"
#include <algorithm>
#include <doctest/doctest.h>

using namespace skerry;

namespace {

Authorship author(uint64_t homeGen = 1) { return {homeGen, 1, testSigner("region")}; }

std::optional<Bytes> noBlob(const Hash&) { return std::nullopt; }

Bytes entry(std::string_view value, std::vector<Hash> blobs = {}) {
  return entryOf({genOf(1), {0, genOf(1), 1, 1}, bytes(value), kj::mv(blobs)});
}

OrdersEdit putting(const std::string& key, std::string_view value) {
  OrdersEdit edit;
  edit.puts[key] = entry(value);
  return edit;
}

struct Child {
  Orders orders{DocumentKind::SITE, "oslo"};
  OrdersReceiver receiver{orders};
  std::vector<TravellingBlob> blobs;
  size_t messages = 0, bytes = 0, commits = 0;

  Child() {
    RowChanges rows;
    orders.trust({testSigner("region").publicKey(), 1}, rows);
  }

  // Hands messages over and their answers back until nobody has anything to say.
  void talk(OrdersSender& sender, std::vector<Bytes> sent) {
    while (!sent.empty()) {
      std::vector<Bytes> next;
      for (auto& message: sent) {
        CHECK(message.size() <= PIECE_BYTES_MAX);
        messages++;
        bytes += message.size();
        auto received = receiver.receive(view(message));
        commits += received.rows.empty() ? 0 : 1;
        blobs.insert(blobs.end(), received.blobs.begin(), received.blobs.end());
        if (!received.reply) continue;
        for (auto& answer: sender.onReply(view(*received.reply))) next.push_back(answer);
      }
      sent = kj::mv(next);
    }
  }
};

// A parent that was restarted: it remembers no changes.
Orders restarted(Orders& orders) {
  Orders made(orders.kind(), orders.document());
  OrdersEdit all;
  for (auto& [key, stored]: orders.entries()) all.puts[key] = stored.bytes;
  RowChanges rows;
  made.trust({testSigner("region").publicKey(), 1}, rows);
  Version opened;
  made.judge(orders.signedVersion(), opened);
  REQUIRE(made.advance(orders.signedVersion(), opened, all, rows) == Orders::Advanced::DONE);
  Orders loaded(orders.kind(), orders.document());
  StoredRows stored;
  for (auto& row: rows) stored.push_back({row.part, row.key, *row.value});
  loaded.load(stored);
  return loaded;
}

// Changes a letter wherever ten equal ones stand: the values of filled().
void garbleValues(Bytes& message) {
  for (size_t at = 0; at + 10 < message.size(); at++) {
    bool isRun = message[at] >= 'a' && message[at] <= 'z' &&
                 std::count(&message[at], &message[at] + 10, message[at]) == 10;
    if (!isRun) continue;
    message[at] ^= 1;
    at += 10;
  }
}

Orders filled(size_t keys, size_t valueBytes) {
  Orders orders(DocumentKind::SITE, "oslo");
  OrdersEdit edit;
  for (size_t i = 0; i < keys; i++) {
    edit.puts["key " + std::to_string(i)] = entry(std::string(valueBytes, char('a' + i % 26)));
  }
  orders.edit(edit, 0, author());
  return orders;
}

}  // namespace

TEST_CASE("a child that is one version behind gets one small delta") {
  Orders parent = filled(1'000, 100);
  Child child;
  OrdersSender sender(parent, noBlob);
  child.talk(sender, sender.start({}, {}));
  REQUIRE(child.orders.root() == parent.root());
  child.messages = child.bytes = 0;
  parent.edit(putting("key 3", "changed"), 0, author());
  child.talk(sender, sender.changed());
  CHECK(child.orders.version() == parent.version());
  CHECK(child.messages == 1);
  CHECK(child.bytes < 1'000);
  CHECK(sender.theirVersion() == parent.version());
}

TEST_CASE("deltas may be sent before the earlier ones were answered") {
  Orders parent(DocumentKind::SITE, "oslo");
  Child child;
  OrdersSender sender(parent, noBlob);
  sender.start({}, {});
  std::vector<Bytes> sent;
  for (int i = 0; i < 5; i++) {
    parent.edit(putting("a", std::to_string(i)), 0, author());
    for (auto& message: sender.changed()) sent.push_back(message);
  }
  CHECK(sent.size() == 5);
  child.talk(sender, sent);
  CHECK(child.orders.version() == parent.version());
  CHECK(child.commits == 5);
}

TEST_CASE("whoever is too far behind gets the bucket list and only the buckets that differ") {
  Orders parent = filled(2'000, 100);
  Child child;
  OrdersSender sender(parent, noBlob);
  child.talk(sender, sender.start({}, {}));
  parent.edit(putting("key 3", "changed"), 0, author());
  Orders forgetful = restarted(parent);
  OrdersSender later(forgetful, noBlob);
  child.messages = child.bytes = child.commits = 0;
  child.talk(later, later.start(child.orders.version(), child.orders.root()));
  CHECK(child.orders.root() == parent.root());
  CHECK(child.commits == 1);
  CHECK(child.messages == 2);
  CHECK(child.bytes < 16'000);  // the list, and one bucket of 256
}

TEST_CASE("a large document arrives in pieces and is held at once") {
  Orders parent = restarted(*std::make_unique<Orders>(filled(60, 60 << 10)));
  Child child;
  OrdersSender sender(parent, noBlob);
  child.talk(sender, sender.start({}, {}));
  CHECK(child.orders.root() == parent.root());
  CHECK(child.messages > 15);
  CHECK(child.commits == 1);
}

TEST_CASE("many small buckets arrive in few messages") {
  Orders parent = restarted(*std::make_unique<Orders>(filled(3'000, 10)));
  Child child;
  OrdersSender sender(parent, noBlob);
  child.talk(sender, sender.start({}, {}));
  CHECK(child.orders.root() == parent.root());
  CHECK(child.messages <= 1 + 4);
  CHECK(sender.refusal().empty());
}

TEST_CASE("a bucket larger than a message is cut, and continued where it was cut") {
  // Keys of one bucket, found by trying.
  OrdersEdit edit;
  Buckets buckets(256);
  for (int i = 0; edit.puts.size() < 12; i++) {
    auto key = "key " + std::to_string(i);
    if (buckets.indexOf(sha256(view(key))) == 7) edit.puts[key] = entry(std::string(60 << 10, 'x'));
  }
  Orders first(DocumentKind::SITE, "oslo");
  first.edit(edit, 0, author());
  Orders parent = restarted(first);
  Child child;
  OrdersSender sender(parent, noBlob);
  child.talk(sender, sender.start({}, {}));
  CHECK(child.orders.root() == parent.root());
  CHECK(child.messages == 4);
}

TEST_CASE("good buckets are kept when a newer list arrives in the middle") {
  Orders parent = restarted(*std::make_unique<Orders>(filled(60, 60 << 10)));
  Child child;
  OrdersSender sender(parent, noBlob);
  auto list = sender.start({}, {});
  auto wants = child.receiver.receive(view(list[0]));
  auto pieces = sender.onReply(view(*wants.reply));
  for (auto& piece: pieces) child.receiver.receive(view(piece));
  CHECK(child.orders.version().isNone());
  parent.edit(putting("key 3", "changed meanwhile"), 0, author());
  Orders moved = restarted(parent);
  OrdersSender newer(moved, noBlob);
  child.messages = 0;
  child.talk(newer, newer.start({}, {}));
  CHECK(child.orders.root() == moved.root());
  CHECK(child.messages <= 16 + 2 - pieces.size() + 1);
}

TEST_CASE("pieces that come twice, late, in any order or not at all do no harm") {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    CAPTURE(seed);
    Orders parent = restarted(*std::make_unique<Orders>(filled(100, 20 << 10)));
    Child child;
    OrdersSender sender(parent, noBlob);
    auto wants = child.receiver.receive(view(sender.start({}, {})[0]));
    auto pieces = sender.onReply(view(*wants.reply));
    for (size_t i = 0; i < pieces.size(); i++) {
      auto& piece = pieces[(i * 7 + seed) % pieces.size()];
      if (seed % 3 != 0 || i % 2 == 0) child.receiver.receive(view(piece));
      if (seed % 2 == 0) child.receiver.receive(view(pieces[i]));
      bool isHeld = !child.orders.version().isNone();
      CHECK((!isHeld || child.orders.root() == parent.root()));
    }
    child.talk(sender, sender.start(child.orders.version(), child.orders.root()));
    CHECK(child.orders.root() == parent.root());
  }
}

TEST_CASE("a list that is not what the version signs is refused") {
  Orders parent = filled(10, 10);
  Orders other = filled(11, 10);
  Child child;
  OrdersSender sender(parent, noBlob);
  auto message = restarted(parent);
  OrdersSender listing(message, noBlob);
  auto list = listing.start({}, {})[0];
  list[list.size() - 40] ^= 1;  // inside the bucket hashes
  auto received = child.receiver.receive(view(list));
  CHECK(listing.onReply(view(*received.reply)).empty());
  CHECK(listing.refusal().find("bucket list") != std::string::npos);
  CHECK(child.orders.version().isNone());
}

TEST_CASE("garbage instead of a message is answered with a refusal") {
  Orders parent = filled(3, 10);
  Child child;
  OrdersSender sender(parent, noBlob);
  auto message = sender.start({}, {})[0];
  for (size_t at = 0; at < message.size(); at++) {
    auto broken = message;
    broken[at] ^= 0xff;
    Child victim;
    victim.receiver.receive(view(broken));
    bool isHeld = !victim.orders.version().isNone();
    CHECK((!isHeld || victim.orders.root() == parent.root()));
  }
  CHECK(child.receiver.receive(view("no message")).reply.has_value());
}

TEST_CASE("new blobs travel with the delta, verified, and larger ones do not") {
  Bytes small = bytes("small content"), large(100 << 10, 'x'), forged = bytes("forged");
  Hash smallHash = sha256(view(small)), largeHash = sha256(view(large)), other = sha256(view("?"));
  Orders parent(DocumentKind::SITE, "oslo");
  Child child;
  OrdersSender sender(parent, [&](const Hash& hash) -> std::optional<Bytes> {
    if (hash == smallHash) return small;
    if (hash == largeHash) return large;
    return forged;
  });
  sender.start({}, {});
  OrdersEdit edit;
  edit.puts["a"] = entry("refers", {smallHash, largeHash, other});
  parent.edit(edit, 0, author());
  child.talk(sender, sender.changed());
  REQUIRE(child.blobs.size() == 1);
  CHECK(child.blobs[0] == TravellingBlob{smallHash, small});

  edit.puts["a"] = entry("refers again", {smallHash});
  parent.edit(edit, 0, author());
  child.talk(sender, sender.changed());
  CHECK(child.blobs.size() == 1);
}

TEST_CASE("a child passes a version on to another child, which verifies it itself") {
  Orders parent = filled(100, 100);
  Child first, second;
  OrdersSender fromParent(parent, noBlob);
  first.talk(fromParent, fromParent.start({}, {}));
  OrdersSender fromFirst(first.orders, noBlob);
  second.talk(fromFirst, fromFirst.start({}, {}));
  CHECK(second.orders.root() == parent.root());
  CHECK(second.orders.signedVersion() == parent.signedVersion());
  parent.edit(putting("key 1", "changed"), 0, author());
  first.talk(fromParent, fromParent.changed());
  second.messages = 0;
  second.talk(fromFirst, fromFirst.changed());
  CHECK(second.orders.root() == parent.root());
  CHECK(second.messages == 1);
}

TEST_CASE("an entry with unknown fields passes through three replicas bit by bit") {
  Orders parent(DocumentKind::SITE, "oslo");
  OrdersEdit edit;
  edit.puts["a"] = entryOf({genOf(1), {0, genOf(1), 1, 1}, bytes("x"), {}}, Writer::FUTURE);
  parent.edit(edit, 0, author());
  Child first, second;
  OrdersSender fromParent(parent, noBlob);
  first.talk(fromParent, fromParent.start({}, {}));
  Orders stored = restarted(first.orders);
  OrdersSender fromFirst(stored, noBlob);
  second.talk(fromFirst, fromFirst.start({}, {}));
  REQUIRE(second.orders.bytesOf("a") != nullptr);
  CHECK(*second.orders.bytesOf("a") == edit.puts["a"]);
}

TEST_CASE("a stale sender falls silent before a receiver that was offered more") {
  Orders stale = restarted(*std::make_unique<Orders>(filled(100, 10 << 10)));
  Orders parent(DocumentKind::SITE, "oslo");
  OrdersEdit all = putting("newest", "x");
  for (auto& [key, stored]: stale.entries()) all.puts[key] = stored.bytes;
  parent.edit(putting("key 1", "y"), 0, author());
  parent.edit(all, 0, author());
  Orders newest = restarted(parent);
  Child child;
  OrdersSender fromParent(newest, noBlob), fromStale(stale, noBlob);
  auto wants = child.receiver.receive(view(fromParent.start({}, {})[0]));
  child.talk(fromStale, fromStale.start({}, {}));
  CHECK(child.orders.version().isNone());
  CHECK(child.messages == 1);
  child.talk(fromParent, fromParent.onReply(view(*wants.reply)));
  CHECK(child.orders.root() == newest.root());
}

TEST_CASE("a sender whose pieces never match its list is refused in the end") {
  Orders parent = restarted(*std::make_unique<Orders>(filled(50, 100)));
  Child child;
  OrdersSender sender(parent, noBlob);
  auto received = child.receiver.receive(view(sender.start({}, {})[0]));
  size_t bursts = 0;
  for (; received.reply && bursts < 20; bursts++) {
    auto pieces = sender.onReply(view(*received.reply));
    if (pieces.empty()) break;
    garbleValues(pieces[0]);
    received = child.receiver.receive(view(pieces[0]));
  }
  CHECK(sender.refusal().find("do not add up") != std::string::npos);
  CHECK(bursts <= 1 + BURSTS_IN_VAIN_MAX);
  CHECK(child.orders.version().isNone());
}
