#include "test/unit/ledger/catalogue.h"
#include <doctest/doctest.h>
#include <kj/exception.h>

using namespace skerry;

namespace {

Bytes entry(std::string_view value) {
  return entryOf({genOf(1), {0, genOf(1), 1, 1}, bytes(value), {}});
}

OrdersEdit putting(const std::string& key, std::string_view value) {
  OrdersEdit edit;
  edit.puts[key] = entry(value);
  return edit;
}

Authorship author(uint64_t homeGen = 1, uint64_t era = 1, const char* who = "region") {
  return {homeGen, era, testSigner(who)};
}

TrustedParent home(uint64_t homeGen = 1, const char* who = "region") {
  return {testSigner(who).publicKey(), homeGen};
}

struct Pair {
  Orders parent{DocumentKind::SITE, "oslo"}, child{DocumentKind::SITE, "oslo"};
  RowChanges rows;
  Pair() { child.trust(home(), rows); }
  Orders::Advanced follow(const OrdersEdit& edit) {
    Version opened;
    child.judge(parent.signedVersion(), opened);
    return child.advance(parent.signedVersion(), opened, edit, rows);
  }
};

StoredRows stored(const RowChanges& changes) {
  std::map<std::pair<Part, Bytes>, Bytes> kept;
  for (auto& change: changes) {
    if (change.value) kept[{change.part, change.key}] = *change.value;
    else kept.erase({change.part, change.key});
  }
  StoredRows rows;
  for (auto& [key, value]: kept) rows.push_back({key.first, key.second, value});
  return rows;
}

}  // namespace

TEST_CASE("an edit makes the next version, signed over a root that covers every entry") {
  Orders orders(DocumentKind::SITE, "oslo");
  CHECK(orders.version().isNone());
  auto first = orders.edit(putting("a", "one"), 5, author());
  CHECK(first.advanced);
  CHECK(orders.version() == VersionId{1, 1, 1});
  CHECK(orders.versionTimeMs() == 5);
  CHECK(orders.root() == orders.buckets().root());
  auto opened = openVersion(orders.signedVersion(), view(testSigner("region").publicKey()));
  REQUIRE(opened);
  CHECK(opened->root == orders.root());
  Hash before = orders.root();
  orders.edit(putting("a", "two"), 6, author());
  CHECK(orders.version().n == 2);
  CHECK(orders.root() != before);
}

TEST_CASE("an edit that changes nothing makes no version and no rows") {
  Orders orders(DocumentKind::SITE, "oslo");
  orders.edit(putting("a", "one"), 0, author());
  auto again = orders.edit(putting("a", "one"), 0, author());
  CHECK_FALSE(again.advanced);
  CHECK(again.rows.empty());
  OrdersEdit absent;
  absent.erases = {"never there"};
  CHECK_FALSE(orders.edit(absent, 0, author()).advanced);
  CHECK(orders.version().n == 1);
}

TEST_CASE("the root does not depend on the way a content was reached") {
  Orders one(DocumentKind::SITE, "oslo"), other(DocumentKind::SITE, "oslo");
  one.edit(putting("a", "1"), 0, author());
  one.edit(putting("b", "2"), 0, author());
  other.edit(putting("b", "x"), 0, author());
  OrdersEdit both = putting("a", "1");
  both.puts["b"] = entry("2");
  other.edit(both, 0, author());
  CHECK(one.root() == other.root());
  OrdersEdit erase;
  erase.erases = {"b"};
  other.edit(erase, 0, author());
  CHECK(one.root() != other.root());
}

TEST_CASE("an edit beyond a limit is refused whole and says what is left") {
  Orders orders(DocumentKind::SITE, "oslo");
  OrdersEdit many;
  for (int i = 0; i < 4'999; i++) many.puts["key " + std::to_string(i)] = entry("x");
  CHECK(orders.edit(many, 0, author()).refused.empty());
  CHECK(orders.usage().keysLeft() == 1);
  OrdersEdit two = putting("one more", "x");
  two.puts["two more"] = entry("x");
  auto refused = orders.edit(two, 0, author());
  CHECK(refused.refused.find("5001 keys of at most 5000; 1 are left") != std::string::npos);
  CHECK(orders.version().n == 1);
  CHECK(orders.edit(putting("one more", "x"), 0, author()).advanced);
  auto large = orders.edit(putting("key 1", std::string(80 << 10, 'x')), 0, author());
  CHECK(large.refused.find("move its content to a blob") != std::string::npos);
}

TEST_CASE("the bytes of a document are limited too") {
  Orders orders(DocumentKind::SITE, "oslo");
  std::string value(60 << 10, 'x');
  std::string refused;
  for (int i = 0; i < 200 && refused.empty(); i++) {
    refused = orders.edit(putting("key " + std::to_string(i), value), 0, author()).refused;
  }
  CHECK(refused.find("bytes of at most 8388608") != std::string::npos);
  CHECK(orders.usage().bytes <= size_t(8) << 20);
  OrdersEdit erase;
  erase.erases = {"key 0"};
  CHECK(orders.edit(erase, 0, author()).advanced);
}

TEST_CASE("a child holds a version only when its own root is the one that was signed") {
  Pair pair;
  pair.parent.edit(putting("a", "one"), 0, author());
  CHECK(pair.follow(putting("a", "other")) == Orders::Advanced::OTHER_ROOT);
  CHECK(pair.child.version().isNone());
  CHECK(pair.follow(putting("a", "one")) == Orders::Advanced::DONE);
  CHECK(pair.child.version() == pair.parent.version());
}

TEST_CASE("a version is believed only of this document, by the trusted key, under its home") {
  Pair pair;
  Version opened;
  pair.parent.edit(putting("a", "one"), 0, author(2, 1));
  CHECK(pair.child.judge(pair.parent.signedVersion(), opened) == Orders::Offered::NEWER);

  auto tampered = pair.parent.signedVersion();
  tampered.body.back() ^= 1;
  CHECK(pair.child.judge(tampered, opened) == Orders::Offered::NOT_BELIEVED);

  Orders stranger(DocumentKind::SITE, "oslo");
  stranger.edit(putting("a", "one"), 0, author(9, 1, "stranger"));
  CHECK(pair.child.judge(stranger.signedVersion(), opened) == Orders::Offered::NOT_BELIEVED);

  Orders other(DocumentKind::SITE, "bergen");
  other.edit(putting("a", "one"), 0, author(9, 1));
  CHECK(pair.child.judge(other.signedVersion(), opened) == Orders::Offered::NOT_BELIEVED);

  pair.child.trust(home(3), pair.rows);
  CHECK(pair.child.judge(pair.parent.signedVersion(), opened) == Orders::Offered::NOT_BELIEVED);
}

TEST_CASE("a home of a lower generation is not trusted any more") {
  Pair pair;
  pair.child.trust(home(3, "other"), pair.rows);
  pair.child.trust(home(2), pair.rows);
  CHECK(pair.child.trusted() == home(3, "other"));
}

TEST_CASE("home generation leads era, era leads number") {
  Pair pair;
  Version opened;
  pair.parent.edit(putting("a", "1"), 0, author(1, 7));
  REQUIRE(pair.follow(putting("a", "1")) == Orders::Advanced::DONE);
  Orders later(DocumentKind::SITE, "oslo");
  for (int i = 0; i < 5; i++) later.edit(putting("a", std::to_string(i)), 0, author(1, 6));
  CHECK(pair.child.judge(later.signedVersion(), opened) == Orders::Offered::HELD);
  later.edit(putting("a", "moved"), 0, author(2, 0));
  CHECK(pair.child.judge(later.signedVersion(), opened) == Orders::Offered::NEWER);
}

TEST_CASE("of two contents of one version every child takes the greater root") {
  Orders one(DocumentKind::SITE, "oslo"), other(DocumentKind::SITE, "oslo");
  one.edit(putting("a", "1"), 0, author());
  other.edit(putting("a", "2"), 0, author());
  bool isOneGreater = one.root() > other.root();
  auto& greater = isOneGreater ? one : other;
  auto& lesser = isOneGreater ? other : one;
  Pair pair;
  Version opened;
  auto follow = [&](Orders& orders) {
    auto offered = pair.child.judge(orders.signedVersion(), opened);
    if (offered == Orders::Offered::HELD) return offered;
    OrdersEdit edit;
    edit.puts["a"] = *orders.bytesOf("a");
    CHECK(pair.child.advance(orders.signedVersion(), opened, edit, pair.rows) ==
          Orders::Advanced::DONE);
    return offered;
  };
  CHECK(follow(lesser) == Orders::Offered::NEWER);
  CHECK(follow(greater) == Orders::Offered::FORKED);
  CHECK(follow(lesser) == Orders::Offered::HELD);
  CHECK(pair.child.root() == greater.root());
}

TEST_CASE("a parent may not go back to a lower era") {
  Orders orders(DocumentKind::SITE, "oslo");
  orders.edit(putting("a", "1"), 0, author(1, 5));
  CHECK_THROWS_AS(orders.edit(putting("a", "2"), 0, author(1, 4)), kj::Exception);
}

TEST_CASE("a stored replica is loaded as it was, and a damaged one is not loaded") {
  Orders orders(DocumentKind::SITE, "oslo");
  RowChanges rows;
  for (auto value: {"1", "2"}) {
    for (auto key: {"a", "b", "c"}) {
      auto edited = orders.edit(putting(key, value), 0, author());
      rows.insert(rows.end(), edited.rows.begin(), edited.rows.end());
    }
  }
  Orders loaded(DocumentKind::SITE, "oslo");
  loaded.load(stored(rows));
  CHECK(loaded.version() == orders.version());
  CHECK(loaded.root() == orders.root());
  CHECK(loaded.signedVersion() == orders.signedVersion());
  CHECK(loaded.usage().bytes == orders.usage().bytes);
  CHECK(loaded.edit(putting("a", "3"), 0, author()).advanced);

  for (size_t damaged = 0; damaged < stored(rows).size(); damaged++) {
    auto wrong = stored(rows);
    wrong[damaged].value[wrong[damaged].value.size() / 2] ^= 1;
    Orders refusing(DocumentKind::SITE, "oslo");
    CHECK_THROWS_AS(refusing.load(wrong), kj::Exception);
    wrong.erase(wrong.begin() + ptrdiff_t(damaged));
    Orders lacking(DocumentKind::SITE, "oslo");
    CHECK_THROWS_AS(lacking.load(wrong), kj::Exception);
  }
}

TEST_CASE("the trusted home survives a restart") {
  Pair pair;
  pair.child.trust(home(4, "other"), pair.rows);
  Orders loaded(DocumentKind::SITE, "oslo");
  loaded.load(stored(pair.rows));
  CHECK(loaded.trusted() == home(4, "other"));
}

TEST_CASE("a blob counts as referred to as long as one entry refers to it") {
  Orders orders(DocumentKind::SITE, "oslo");
  Hash blob = sha256(view("content"));
  OrdersEdit edit;
  OrderEntry referring{genOf(1), {}, bytes("x"), {blob}};
  edit.puts["a"] = edit.puts["b"] = entryOf(referring);
  orders.edit(edit, 0, author());
  CHECK(orders.refersTo(blob));
  OrdersEdit erase;
  erase.erases = {"a"};
  orders.edit(erase, 0, author());
  CHECK(orders.refersTo(blob));
  orders.edit(putting("b", "without"), 0, author());
  CHECK_FALSE(orders.refersTo(blob));
}

TEST_CASE("another value of an entry leaves fields that this version does not know") {
  OrderEntry first{genOf(1), {3, genOf(1), 1, 2}, bytes("old"), {}};
  Bytes future = entryOf(first, Writer::FUTURE);
  CHECK(future.size() > entryOf(first).size());
  Origin origin{5, genOf(1), 9, 9};
  Bytes changed = withValue(view(future), origin, view("new"), {});
  auto decoded = decodeOrderEntry(view(changed));
  REQUIRE(decoded);
  CHECK(decoded->value == bytes("new"));
  CHECK(decoded->origin == origin);
  Bytes back = withValue(view(changed), first.origin, view("old"), {});
  CHECK(back.size() == withValue(view(future), first.origin, view("old"), {}).size());
  CHECK(back == withValue(view(future), first.origin, view("old"), {}));
  CHECK(text(view(back)).find("from the future") != std::string::npos);
}

TEST_CASE("bytes that are no entry are stored but not read") {
  CHECK_FALSE(decodeOrderEntry(view("garbage!")).has_value());
  CHECK_FALSE(decodeOrderEntry(view("odd")).has_value());
  CHECK_FALSE(decodeOrderEntry({}).has_value());
}
