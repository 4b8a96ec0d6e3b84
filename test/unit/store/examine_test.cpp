#include "shared/store/examine.h"
#include "test/sim/sim_host.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

using State = StoreHealth::State;
constexpr kj::StringPtr FILE = "site.db"_kj;
constexpr uint64_t PATIENCE_MS = 60'000;

struct Machine {
  Machine() { oslo.powerOn(); }
  Host& host() { return oslo.host(); }
  kj::Own<Store> open() { return world.run(openStore(host(), FILE), PATIENCE_MS); }
  void create() {
    auto store = open();
    Batch rows;
    rows.put(Table::META, "self", view("link"), view("the parent"));
    world.run(store->commit(kj::mv(rows)), PATIENCE_MS);
    world.run(store->close(), PATIENCE_MS);
  }
  StoreHealth examine() {
    return world.run(examineStore(host(), FILE, Table::META, "self", view("link")), PATIENCE_MS);
  }
  SimWorld world{11};
  SimHost oslo{world, "oslo"};
};

TEST_CASE("a store that is absent is not made by looking for it") {
  Machine machine;
  CHECK(machine.examine().state == State::ABSENT);
  CHECK(machine.oslo.disk().contents(FILE) == nullptr);
}

TEST_CASE("a sound store is told as such, with the row that was asked for") {
  Machine machine;
  machine.create();
  auto before = KJ_REQUIRE_NONNULL(machine.oslo.disk().contents(FILE));
  auto health = machine.examine();
  CHECK(health.state == State::SOUND);
  CHECK(text(view(KJ_REQUIRE_NONNULL(health.row))) == "the parent");
  CHECK(health.text == "");
  CHECK((KJ_REQUIRE_NONNULL(machine.oslo.disk().contents(FILE)) == before));
}

TEST_CASE("what a killed daemon left in its log is read, and left there") {
  Machine machine;
  {
    auto store = machine.open();
    Batch rows;
    rows.put(Table::META, "self", view("link"), view("logged"));
    machine.world.run(store->commit(kj::mv(rows)), PATIENCE_MS);
  }
  for (int i = 0; i < 2; ++i) {
    auto health = machine.examine();
    CHECK(health.state == State::SOUND);
    CHECK(text(view(KJ_REQUIRE_NONNULL(health.row))) == "logged");
  }
  auto store = machine.open();
  auto row = machine.world.run(store->get(Table::META, "self", view("link")), PATIENCE_MS);
  CHECK(text(view(KJ_REQUIRE_NONNULL(row))) == "logged");
}

TEST_CASE("a damaged store, and one of another program, are told with what to do") {
  Machine machine;
  machine.create();
  auto whole = KJ_REQUIRE_NONNULL(machine.oslo.disk().contents(FILE));
  auto damaged = whole;
  for (size_t at = 4096; at < damaged.size(); ++at) damaged[at] ^= 0x5a;
  machine.oslo.disk().place(FILE, damaged);
  auto health = machine.examine();
  CHECK(health.state == State::UNSOUND);
  CHECK(health.text.find("restore it from a backup") != std::string::npos);
  machine.oslo.disk().place(FILE, Bytes(5000, 'n'));
  health = machine.examine();
  CHECK(health.state == State::UNSOUND);
  CHECK(health.text.find("no database") != std::string::npos);
}

TEST_CASE("a store that a daemon holds is told as held, and the daemon is not disturbed") {
  Machine machine;
  auto store = machine.open();
  Batch rows;
  rows.put(Table::META, "self", view("link"), view("one"));
  machine.world.run(store->commit(kj::mv(rows)), PATIENCE_MS);
  CHECK(machine.examine().state == State::HELD);
  Batch more;
  more.put(Table::META, "self", view("link"), view("two"));
  machine.world.run(store->commit(kj::mv(more)), PATIENCE_MS);
}

}  // namespace
}  // namespace skerry
