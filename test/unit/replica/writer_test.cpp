#include "shared/replica/writer.h"
#include "test/support/hand_store.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr kj::StringPtr DOCUMENT = "doc"_kj;

struct Desk {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  HandStore store;
  std::vector<std::string> failures;
  Writer writer{store, [this](kj::Exception reason) {
                  failures.push_back(text(reason.getDescription()));
                }};

  Desk() { store.byHand = true; }
  void put(std::string_view key) {
    writer.rows().put(Table::META, DOCUMENT, view(key), view("v"));
  }
  void turn() {
    for (int i = 0; i < 5; ++i) kj::evalLater([] {}).wait(scope);
  }
  std::vector<std::string> keys(size_t batch) {
    std::vector<std::string> found;
    for (auto& step : store.batches.at(batch).steps()) found.push_back(text(view(step.key)));
    return found;
  }
};
using Keys = std::vector<std::string>;

TEST_CASE("with nothing on its way everything is durable at once") {
  Desk desk;
  auto durable = desk.writer.durable();
  CHECK(durable.poll(desk.scope));
  desk.writer.rows();
  desk.turn();
  CHECK(desk.store.batches.empty());
  auto still = desk.writer.durable();
  CHECK(still.poll(desk.scope));
}

TEST_CASE("what is held is one transaction once it is released, and not durable before") {
  Desk desk;
  desk.writer.hold();
  desk.put("a");
  desk.turn();
  desk.put("b");
  desk.turn();
  CHECK(desk.store.batches.empty());
  auto durable = desk.writer.durable();
  CHECK(!durable.poll(desk.scope));
  desk.writer.release();
  desk.turn();
  REQUIRE(desk.store.batches.size() == 1);
  CHECK(desk.keys(0) == Keys{"a", "b"});
  CHECK(!durable.poll(desk.scope));
}

TEST_CASE("what is added in one turn, or while a transaction runs, is one transaction") {
  Desk desk;
  desk.put("a");
  desk.put("b");
  CHECK(desk.store.batches.empty());
  desk.turn();
  REQUIRE(desk.store.batches.size() == 1);
  CHECK(desk.keys(0) == Keys{"a", "b"});
  desk.put("c");
  desk.turn();
  desk.put("d");
  desk.turn();
  CHECK(desk.store.batches.size() == 1);
  desk.store.commitOne();
  desk.turn();
  REQUIRE(desk.store.batches.size() == 2);
  CHECK(desk.keys(1) == Keys{"c", "d"});
}

TEST_CASE("durable means what was added before it, and not what came after") {
  Desk desk;
  desk.put("a");
  auto first = desk.writer.durable();
  desk.turn();
  desk.put("b");
  auto second = desk.writer.durable();
  CHECK(!first.poll(desk.scope));
  desk.store.commitOne();
  CHECK(first.poll(desk.scope));
  CHECK(!second.poll(desk.scope));
  desk.turn();
  desk.store.commitOne();
  CHECK(second.poll(desk.scope));
}

TEST_CASE("who adds nothing still waits for what is on its way") {
  Desk desk;
  desk.put("a");
  desk.turn();
  auto other = desk.writer.durable();
  CHECK(!other.poll(desk.scope));
  desk.store.commitOne();
  CHECK(other.poll(desk.scope));
}

TEST_CASE("rows added from what follows a commit are written too") {
  Desk desk;
  desk.put("a");
  auto chained = desk.writer.durable().then([&] {
    desk.put("b");
    return desk.writer.durable();
  });
  desk.turn();
  desk.store.commitOne();
  desk.turn();
  REQUIRE(desk.store.batches.size() == 2);
  CHECK(!chained.poll(desk.scope));
  desk.store.commitOne();
  CHECK(chained.poll(desk.scope));
}

TEST_CASE("a failed transaction is followed by nothing, and everything after it fails") {
  Desk desk;
  desk.put("a");
  auto first = desk.writer.durable();
  desk.turn();
  desk.put("b");
  auto second = desk.writer.durable();
  desk.store.failure = KJ_EXCEPTION(OVERLOADED, "the disk is full");
  desk.store.commitOne();
  desk.turn();
  CHECK_THROWS_AS(first.wait(desk.scope), kj::Exception);
  CHECK_THROWS_AS(second.wait(desk.scope), kj::Exception);
  CHECK(desk.failures == std::vector<std::string>{"the disk is full"});
  desk.store.failure = nullptr;
  desk.put("c");
  desk.turn();
  CHECK(desk.store.batches.size() == 1);
  auto third = desk.writer.durable();
  CHECK_THROWS_AS(third.wait(desk.scope), kj::Exception);
  CHECK(desk.failures.size() == 1);
}

TEST_CASE("a writer that goes takes the promises with it") {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  HandStore store;
  store.byHand = true;
  auto writer = kj::heap<Writer>(store, [](kj::Exception) {});
  writer->rows().put(Table::META, DOCUMENT, view("a"), view("v"));
  auto durable = writer->durable();
  kj::evalLater([] {}).wait(scope);
  writer = nullptr;
  store.commitOne();
  CHECK_THROWS_AS(durable.wait(scope), kj::Exception);
}

}  // namespace
}  // namespace skerry
