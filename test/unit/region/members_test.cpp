#include "tier_region/members.h"
#include "shared/daemon/self.h"
#include "test/support/hand_store.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

const Hash FIRST = sha256(view("first device")), SECOND = sha256(view("second device"));

struct Book {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  HandStore store;
  Members members;

  void keep(Batch rows) { store.commit(kj::mv(rows)).wait(scope); }
  Members load() {
    Members loaded;
    loaded.load(store.scan(Table::PEER, SELF_DOCUMENT).wait(scope),
                store.scan(Table::TOKEN, SELF_DOCUMENT).wait(scope));
    return loaded;
  }
  void add(const Hash& key, const std::string& site) {
    Batch rows;
    members.add(key, {site, "host1", 12, 1'700'000'000'000}, rows);
    keep(kj::mv(rows));
  }
};

TEST_CASE("a host is known by its device key and by its site, also after a restart") {
  Book book;
  book.add(FIRST, "oslo");
  for (auto& members : {book.members, book.load()}) {
    auto member = members.find(FIRST);
    REQUIRE(member != nullptr);
    CHECK(member->site == "oslo");
    CHECK(member->host == "host1");
    CHECK(member->number == 12);
    CHECK(member->joinedMs == 1'700'000'000'000);
    CHECK(members.ofSite("oslo") == member);
    CHECK(members.find(SECOND) == nullptr);
    CHECK(members.ofSite("bergen") == nullptr);
  }
}

TEST_CASE("a newer host of a site replaces the older, whose key is forgotten") {
  Book book;
  book.add(FIRST, "oslo");
  book.add(SECOND, "oslo");
  for (auto& members : {book.members, book.load()}) {
    CHECK(members.find(FIRST) == nullptr);
    CHECK(members.ofSite("oslo") == members.find(SECOND));
  }
}

TEST_CASE("hosts of other sites stay when one site goes") {
  Book book;
  book.add(FIRST, "oslo");
  book.add(SECOND, "bergen");
  Batch rows;
  book.members.removeSite("oslo", rows);
  book.members.removeSite("nowhere", rows);
  book.keep(kj::mv(rows));
  for (auto& members : {book.members, book.load()}) {
    CHECK(members.find(FIRST) == nullptr);
    CHECK(members.find(SECOND) != nullptr);
  }
}

TEST_CASE("who used a token is remembered over restarts") {
  Book book;
  Batch rows;
  book.members.useToken("t1", FIRST, rows);
  book.keep(kj::mv(rows));
  CHECK(book.load().tokenUser("t1") == FIRST);
  CHECK(!book.load().tokenUser("t2"));
}

}  // namespace
}  // namespace skerry
