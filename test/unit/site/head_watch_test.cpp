#include "tier_site/head_watch.h"
#include "shared/daemon/self.h"
#include "test/sim/sim_host.h"
#include "test/support/authority.h"
#include "test/support/hand_store.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr uint64_t MINUTE_MS = 60'000, HOUR_MS = 60 * MINUTE_MS;

struct Watch {
  SimWorld world{5};
  SimHost machine{world, "site"};
  Authority central;
  Trust trust{"oslo", central.key()};
  Orders orders{DocumentKind::SITE, "site/oslo"};
  HandStore store;
  kj::Own<Assignments> assignments;
  kj::Own<HeadWatch> watch;

  Watch() {
    machine.powerOn();
    begin();
  }
  void begin() {
    assignments = kj::heap<Assignments>(trust, orders, [](const Hash&) { return std::nullopt; });
    watch = kj::heap<HeadWatch>(machine.host(), trust);
    auto marks = world.run(store.scan(Table::MARK, SELF_DOCUMENT), 1'000);
    Batch rows;
    assignments->load(marks, rows);
    watch->load(marks, "north");
    keep(kj::mv(rows));
  }
  void keep(Batch rows) {
    if (!rows.empty()) world.run(store.commit(kj::mv(rows)), 1'000);
  }
  int64_t wallMs() { return machine.host().clock.wallMs(); }
  // Why it was not taken.
  std::string take(const Bytes& envelope, const std::string& region = "north") {
    Batch rows;
    auto why = watch->take(view(envelope), region, *assignments, rows);
    keep(kj::mv(rows));
    return why.reason;
  }
  Bytes head() { return central.head("north", wallMs()); }
  std::string finding() { return watch->finding(wallMs()); }
};

TEST_CASE("the newest head is kept, also across a restart, and an older one is refused") {
  Watch w;
  auto first = w.head(), second = w.head();
  CHECK(w.take(first) == "");
  CHECK(w.take(second) == "");
  auto newest = w.watch->newest();
  REQUIRE(newest.has_value());
  CHECK(newest->seq == w.central.seq);
  for (int lives = 0; lives < 2; ++lives) {
    CHECK(w.take(first).find("older than one acted on before") != std::string::npos);
    CHECK(w.watch->newest() == newest);
    w.begin();
  }
  CHECK(w.take(second) == "");
}

TEST_CASE("a head of another region, of another authority or damaged is refused") {
  Watch w;
  Authority stranger(9);
  CHECK(w.take(w.central.head("south", 1)).find("'south', not 'north'") != std::string::npos);
  CHECK(w.take(stranger.head("north", 1)).find("signature") != std::string::npos);
  CHECK(w.take(w.central.policy("north")) != "");
  CHECK(w.take({}) != "");
  CHECK(!w.watch->newest());
  CHECK(w.store.rows.empty());
}

TEST_CASE("a site that moves takes the head of its new region, whatever its number") {
  Watch w;
  w.central.seq.n = 1'000;
  CHECK(w.take(w.head()) == "");
  w.central.seq.n = 10;
  CHECK(w.take(w.central.head("south", w.wallMs()), "south") == "");
  CHECK(w.watch->newest()->region == "south");
}

TEST_CASE("central's word is stale when the link is up and none came for more than three hours") {
  Watch w;
  w.take(w.head());
  w.watch->linkChanged(true);
  w.world.runFor(3 * HOUR_MS - MINUTE_MS);
  CHECK(w.finding() == "");
  w.world.runFor(2 * MINUTE_MS);
  CHECK(w.finding() == "central's word is 3 hours old although the region is connected");
  w.watch->linkChanged(false);
  CHECK(w.finding() == "");
  w.watch->linkChanged(true);
  CHECK(w.finding() != "");
  w.take(w.head());
  CHECK(w.finding() == "");
}

TEST_CASE("a word that is brought hours late is stale, one of the newest is not") {
  Watch w;
  w.watch->linkChanged(true);
  w.world.runFor(HOUR_MS);
  w.take(w.central.head("north", w.wallMs() - 5 * HOUR_MS));
  w.world.runFor(HEAD_GRACE_MS);
  CHECK(w.finding().find("5 hours old") != std::string::npos);
  w.take(w.head());
  CHECK(w.finding() == "");
}

TEST_CASE("neither a clock that stands nor one that was set back hides a region that withholds") {
  Watch w;
  w.take(w.head());
  w.watch->linkChanged(true);
  auto stands = w.wallMs();
  w.world.runFor(4 * HOUR_MS);
  CHECK(w.watch->finding(stands).find("4 hours old") != std::string::npos);
  CHECK(w.watch->finding(stands - 10 * HOUR_MS) != "");
}

TEST_CASE("after an hour without a link a region has ten minutes to bring what came meanwhile") {
  Watch w;
  w.take(w.head());
  w.watch->linkChanged(true);
  w.world.runFor(MINUTE_MS);
  w.watch->linkChanged(false);
  w.world.runFor(8 * HOUR_MS);
  w.watch->linkChanged(true);
  CHECK(w.finding() == "");
  w.world.runFor(HEAD_GRACE_MS - 1);
  CHECK(w.finding() == "");
  w.world.runFor(1);
  CHECK(w.finding().find("8 hours old") != std::string::npos);
}

TEST_CASE("a link that is cut every few minutes excuses nothing") {
  Watch w;
  w.take(w.head());
  for (int i = 0; i < 60; ++i) {
    w.watch->linkChanged(true);
    w.world.runFor(4 * MINUTE_MS);
    w.watch->linkChanged(false);
    w.world.runFor(MINUTE_MS);
  }
  w.watch->linkChanged(true);
  CHECK(w.finding().find("5 hours old") != std::string::npos);
}

TEST_CASE("a region that never brings any word is told of as well") {
  Watch w;
  w.watch->linkChanged(true);
  w.world.runFor(3 * HOUR_MS);
  CHECK(w.finding() == "");
  w.world.runFor(MINUTE_MS);
  CHECK(w.finding() == "no word of central came in 3 hours although the region is connected");
}

}  // namespace
}  // namespace skerry
