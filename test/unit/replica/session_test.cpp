#include "shared/link/frame_filter.h"
#include "test/unit/replica/session_world.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

using Keys = std::vector<std::string>;

TEST_CASE("after the hello the child is brought to the parent's orders, and follows each version") {
  SessionWorld w;
  w.parent.edit({{"home", {"one", {}}}, {"app/acme/pos", {"two", {}}}});
  w.connect();
  CHECK(w.child.isUp);
  CHECK(w.inStep());
  CHECK(w.child.changes == std::vector<std::set<std::string>>{{"app/acme/pos", "home"}});
  w.parent.edit({{"app/acme/pos", {"three", {}}}});
  w.parent.edit({{"home", {"", {}}}});
  w.world.runFor(10);
  CHECK(w.inStep());
  CHECK(w.child.value("app/acme/pos") == "three");
  CHECK(w.child.value("home") == "");
  CHECK(w.child.changes.size() == 3);
  CHECK(w.parent.alarms.empty());
  CHECK(w.child.alarms.empty());
}

TEST_CASE("orders made while the child was away arrive at the next session, and are stored") {
  SessionWorld w;
  w.parent.edit({{"a", {"1", {}}}});
  w.connect();
  w.disconnect();
  for (int i = 0; i < 50; ++i) w.parent.edit({{"a", {std::to_string(i), {}}}});
  w.connect();
  CHECK(w.inStep());
  CHECK(w.child.value("a") == "49");
  Batch none;
  auto ids = w.child.document->ids();
  auto stored = w.world.run(openDocument(w.child.store, ids, none), 100);
  CHECK(stored->hello() == w.child.document->hello());
}

TEST_CASE("a large document comes in pieces") {
  SessionWorld w;
  std::map<std::string, ParentEnd::Value> values;
  for (int i = 0; i < 300; ++i) {
    values["key" + std::to_string(i)] = {std::string(4'000, char('a' + i % 26)), {}};
  }
  w.parent.edit(values);
  w.connect();
  w.world.runFor(1'000);
  CHECK(w.inStep());
  CHECK(w.child.document->orders().entries().size() == 300);
}

TEST_CASE("no orders leave the parent before they are durable there") {
  SessionWorld w;
  w.connect();
  w.parent.store.byHand = true;
  w.parent.edit({{"a", {"1", {}}}});
  w.world.runFor(1'000);
  CHECK(w.child.document->orders().version().isNone());
  w.parent.store.commitOne();
  w.world.runFor(10);
  CHECK(w.inStep());
}

TEST_CASE("the parent hears that orders are held only when they are durable at the child") {
  SessionWorld w;
  w.connect();
  w.world.runFor(10);
  w.child.store.byHand = true;
  auto received = w.parent.session->frames().receivedBytes();
  w.parent.edit({{"a", {"1", {}}}});
  w.world.runFor(1'000);
  CHECK(w.inStep());
  CHECK(w.parent.session->frames().receivedBytes() == received);
  w.child.store.commitOne();
  w.world.runFor(10);
  CHECK(w.parent.session->frames().receivedBytes() > received);
}

TEST_CASE("status arrives as it changes, and only what changed") {
  SessionWorld w;
  w.child.registers->set("host", pattern(10));
  w.child.registers->set("app/acme/pos", pattern(20));
  w.connect();
  CHECK(w.parent.mirror.digest() == w.child.registers->digest());
  CHECK(w.parent.statusKeys == Keys{"app/acme/pos", "host"});
  w.parent.statusKeys.clear();
  w.child.registers->set("host", pattern(30));
  w.child.server->statusChanged();
  w.world.runFor(10);
  CHECK(w.parent.statusKeys == Keys{"host"});
  w.parent.statusKeys.clear();
  w.connect();
  CHECK(w.parent.statusKeys.empty());
  CHECK(w.parent.mirror.digest() == w.child.registers->digest());
}

TEST_CASE("a parent that holds another status than it was sent is sent everything") {
  SessionWorld w;
  w.child.registers->set("host", pattern(10));
  w.connect();
  RegisterBatch stray;
  stray.epoch = 1;
  stray.changes = {{"stray", 500, pattern(5)}};
  w.parent.mirror.apply(stray);
  w.child.registers->set("host", pattern(11));
  w.child.server->statusChanged();
  w.world.runFor(10);
  CHECK(w.parent.mirror.digest() == w.child.registers->digest());
  CHECK(w.parent.mirror.find("stray") == nullptr);
  // And at a greeting.
  w.parent.mirror.apply(stray);
  w.connect();
  CHECK(w.parent.mirror.find("stray") == nullptr);
  CHECK(w.child.alarms.empty());
}

TEST_CASE("a child that starts anew with nothing to report leaves nothing of before") {
  SessionWorld w;
  w.child.registers->set("host", pattern(10));
  w.connect();
  w.disconnect();
  w.child.registers = kj::heap<RegisterSource>(2);
  w.connect();
  CHECK(w.parent.mirror.all().empty());
  CHECK(w.parent.mirror.getEpoch() == 2);
}

TEST_CASE("thousands of registers arrive in batches") {
  SessionWorld w;
  for (size_t i = 0; i < 2 * REGISTERS_PER_BATCH_MAX + 5; ++i) {
    w.child.registers->set("key" + std::to_string(i), pattern(8));
  }
  w.connect();
  w.world.runFor(100);
  CHECK(w.parent.mirror.digest() == w.child.registers->digest());
}

TEST_CASE("what the child decides itself arrives at the parent, and comes back to a new database") {
  SessionWorld w;
  w.connect();
  w.child.hold("revision");
  w.world.runFor(10);
  CHECK(w.parent.document->local().entries().size() == 1);
  CHECK(w.parent.localChanges >= 1);
  w.disconnect();
  w.child.newDatabase();
  w.child.changes.clear();
  w.connect();
  CHECK(!w.child.document->isNew());
  // Told of, though it names no key of the orders: the same orders may come to something else now.
  CHECK(std::count(w.child.changes.begin(), w.child.changes.end(), std::set<std::string>()) >= 1);
  CHECK(w.child.document->local().entries().size() == 1);
  CHECK(w.child.document->local().localHash() == w.parent.document->local().localHash());
}

TEST_CASE("random edits and broken sessions end with both in step") {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    SessionWorld w;
    SeededEntropy chance(seed);
    w.connect();
    for (int i = 0; i < 120; ++i) {
      auto key = "key" + std::to_string(chance.between(0, 40));
      auto what = chance.between(0, 9);
      if (what <= 4) {
        auto content = pattern(chance.between(1, 90'000), uint8_t(i));
        auto hash = chance.chance(30) ? w.parent.addBlob(content) : Hash();
        w.parent.edit({{key, {"value" + std::to_string(i),
                              hash.isZero() ? std::vector<Hash>() : std::vector<Hash>{hash}}}});
      } else if (what == 5) {
        w.parent.edit({{key, {"", {}}}});
      } else if (what <= 7) {
        w.child.registers->set(key, pattern(chance.between(1, 50), uint8_t(i)));
        if (w.child.server != nullptr) w.child.server->statusChanged();
      } else if (what == 8) {
        w.child.hold("revision" + std::to_string(i));
      } else {
        w.disconnect();
        if (chance.chance(30)) w.child.registers = kj::heap<RegisterSource>(i + 2);
        if (chance.chance(70)) w.connect();
      }
      if (chance.chance(60)) w.world.runFor(chance.between(0, 3));
    }
    w.connect();
    w.world.runFor(1'000);
    CHECK(w.inStep());
    CHECK(w.parent.mirror.digest() == w.child.registers->digest());
    CHECK(w.parent.document->local().localHash() == w.child.document->local().localHash());
    for (auto& [key, stored] : w.child.document->orders().entries()) {
      for (auto& hash : stored.blobs) w.child.server->fetch(hash);
    }
    w.world.runFor(1'000);
    for (auto& [key, stored] : w.child.document->orders().entries()) {
      for (auto& hash : stored.blobs) CHECK(w.child.blobs.has(hash));
    }
    CHECK(w.child.alarms.empty());
  }
}

}  // namespace
}  // namespace skerry
