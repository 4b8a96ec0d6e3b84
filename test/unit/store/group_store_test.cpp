// Groups, bounds, and what happens to those who wait when the disk fails.
#include "shared/store/group_store.h"
#include "test/sim/fault_vfs.h"
#include "test/unit/store/backends.h"
#include "test/unit/store/simulated_file.h"
#include <kj/debug.h>
#include <kj/vector.h>

namespace skerry {
namespace {

using Type = kj::Exception::Type;

struct Machine {
  Machine() : disk("disk", SeededEntropy(1)) { seedSqlite(1); }
  kj::AsyncIoContext io = kj::setupAsyncIo();
  MemoryDisk disk;

  StoreSettings settings() const { return settingsOn(disk); }
  kj::Promise<kj::Own<Store>> opening(StoreSettings settings) {
    return openStore(newInlineWorker([]() { return kj::evalLater([]() {}); }), kj::mv(settings));
  }
  kj::Own<Store> open(StoreSettings settings) {
    return opening(kj::mv(settings)).wait(io.waitScope);
  }
  kj::Own<Store> open() { return open(settings()); }

  template <typename T>
  T await(kj::Promise<T> promise) { return promise.wait(io.waitScope); }
  template <typename T>
  kj::Exception failure(kj::Promise<T> promise) {
    return failureOf(kj::mv(promise), io.waitScope);
  }
  std::string lamp(Store& store) {
    auto found = await(store.get(Table::LOCAL, "oslo", bytes("lamp")));
    KJ_IF_MAYBE(value, found) return text(view(*value));
    return "-";
  }
};

Batch lampBatch(std::string_view value) { return putBatch(Table::LOCAL, "oslo", "lamp", value); }

TEST_CASE("what arrives while a transaction runs is one transaction more") {
  Machine machine;
  auto store = machine.open();
  auto before = machine.disk.counts().syncs;
  kj::Vector<kj::Promise<uint64_t>> pending;
  for (int i = 0; i < 500; ++i) pending.add(store->commit(lampBatch(std::to_string(i))));
  for (auto& promise : pending) machine.await(kj::mv(promise));
  CHECK(machine.disk.counts().syncs - before == 2);
  CHECK(machine.lamp(*store) == "499");
}

TEST_CASE("more than a transaction takes is several, in order") {
  Machine machine;
  auto store = machine.open();
  kj::Vector<kj::Promise<uint64_t>> pending;
  constexpr size_t COUNT = 2 * GROUP_REQUESTS_MAX + 10;
  for (size_t i = 0; i < COUNT; ++i) pending.add(store->commit(lampBatch(std::to_string(i))));
  uint64_t last = 0;
  for (auto& promise : pending) {
    auto version = machine.await(kj::mv(promise));
    CHECK(version == last + 1);
    last = version;
  }
  CHECK(machine.lamp(*store) == std::to_string(COUNT - 1));
}

TEST_CASE("a store whose disk does not keep up refuses, and serves again") {
  Machine machine;
  auto few = machine.settings(), light = machine.settings();
  few.waitingMax = 10;
  light.path = "light.db";
  light.waitingBytesMax = 1000;
  for (auto& settings : {few, light}) {
    CAPTURE(settings.path);
    auto store = machine.open(settings);
    kj::Vector<kj::Promise<uint64_t>> pending;
    for (int i = 0; i < 100; ++i) pending.add(store->commit(lampBatch(std::string(100, 'x'))));
    uint64_t refused = 0;
    for (auto& promise : pending) {
      KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&]() { machine.await(kj::mv(promise)); })) {
        CHECK(reason->getType() == Type::OVERLOADED);
        ++refused;
      }
    }
    CHECK(refused > 80);
    CHECK(refused < 100);
    machine.await(store->commit(lampBatch("on")));
    CHECK(machine.lamp(*store) == "on");
  }
}

TEST_CASE("a full disk refuses batches and serves reads, and takes batches once there is room") {
  Machine machine;
  auto store = machine.open();
  machine.await(store->commit(lampBatch("on")));
  machine.disk.fillAtWrite(1, 1'000'000);
  for (int i = 0; i < 3; ++i) {
    auto before = store->get(Table::LOCAL, "oslo", bytes("lamp"));
    auto writing = store->commit(lampBatch("off"));
    auto after = store->get(Table::LOCAL, "oslo", bytes("lamp"));
    auto reason = machine.failure(kj::mv(writing));
    CHECK(reason.getType() == Type::OVERLOADED);
    CHECK(says(reason, "the disk is full"));
    for (auto read : {&before, &after}) {
      auto found = machine.await(kj::mv(*read));
      auto value = text(view(KJ_REQUIRE_NONNULL(found)));
      CHECK(value == "on");
    }
  }
  machine.disk.clearFaults();
  machine.await(store->commit(lampBatch("off")));
  CHECK(machine.lamp(*store) == "off");
}

TEST_CASE("a database opens on a full disk and serves reads") {
  Machine machine;
  machine.await(machine.open()->commit(lampBatch("on")));
  machine.disk.fillAtWrite(1, 1'000'000);
  auto store = machine.open();
  CHECK(machine.lamp(*store) == "on");
  CHECK(machine.failure(store->commit(lampBatch("off"))).getType() == Type::OVERLOADED);
}

TEST_CASE("after an I/O error all is refused, until the database is opened anew") {
  Machine machine;
  auto store = machine.open();
  machine.await(store->commit(lampBatch("on")));
  machine.disk.failAtCall(1, 1);
  auto first = store->commit(lampBatch("off"));
  auto beside = store->get(Table::LOCAL, "oslo", bytes("lamp"));
  CHECK(machine.failure(kj::mv(first)).getType() == Type::DISCONNECTED);
  auto late = store->commit(lampBatch("off"));
  CHECK(machine.failure(kj::mv(beside)).getType() == Type::DISCONNECTED);
  CHECK(machine.failure(kj::mv(late)).getType() == Type::DISCONNECTED);
  CHECK(machine.failure(store->scan(Table::LOCAL, "oslo")).getType() == Type::DISCONNECTED);
  CHECK(machine.failure(store->close()).getType() == Type::DISCONNECTED);
  store = nullptr;
  store = machine.open();
  auto lamp = machine.lamp(*store);
  CHECK((lamp == "on" || lamp == "off"));
  machine.await(store->commit(lampBatch("blinking")));
}

TEST_CASE("the write-ahead log is copied back before it grows long, also under load") {
  Machine machine;
  auto settings = machine.settings();
  settings.checkpointFrames = 50;
  auto store = machine.open(settings);
  size_t longest = 0;
  for (int round = 0; round < 300; ++round) {
    kj::Vector<kj::Promise<uint64_t>> pending;
    for (int i = 0; i < 5; ++i) {
      auto key = std::to_string(round * 5 + i);
      pending.add(store->commit(putBatch(Table::LOCAL, "oslo", key, std::string(400, 'x'))));
    }
    for (auto& promise : pending) machine.await(kj::mv(promise));
    auto contents = machine.disk.contents(WAL_NAME);
    longest = kj::max(longest, KJ_REQUIRE_NONNULL(contents).size());
  }
  CHECK(longest > 50 * 4096);
  CHECK(longest < (50 + COMPACTION_PAGES_PER_STEP + 50) * 4096);
}

TEST_CASE("a checkpoint that finds no room loses nothing, and is made up for") {
  Machine machine;
  auto settings = machine.settings();
  settings.checkpointFrames = 5;
  auto store = machine.open(settings);
  uint64_t refused = 0;
  for (int i = 0; i < 200; ++i) {
    if (i % 10 == 0) machine.disk.fillAtWrite(i % 7 + 3, 4);
    auto key = std::to_string(i);
    auto writing = store->commit(putBatch(Table::LOCAL, "oslo", key, std::string(3000, 'x')));
    refused += kj::runCatchingExceptions([&]() { machine.await(kj::mv(writing)); }) != nullptr;
  }
  CHECK(refused > 0);
  CHECK(refused < 100);
  machine.disk.clearFaults();
  CHECK(machine.await(store->scan(Table::LOCAL, "oslo")).size() == 200 - refused);
  machine.await(store->close());
  CHECK(machine.disk.contents(WAL_NAME) == nullptr);
}

TEST_CASE("dropping a store does no disk work, and closing it leaves no write-ahead log") {
  Machine machine;
  auto store = machine.open();
  machine.await(store->commit(lampBatch("on")));
  auto before = machine.disk.counts().calls;
  store = nullptr;
  CHECK(machine.disk.counts().calls == before);
  CHECK(machine.disk.contents(WAL_NAME) != nullptr);
  store = machine.open();
  CHECK(machine.lamp(*store) == "on");
  machine.await(store->close());
  CHECK(machine.disk.contents(WAL_NAME) == nullptr);
}

TEST_CASE("a store that cannot write its last checkpoint says so, and has lost nothing") {
  Machine machine;
  auto store = machine.open();
  machine.await(store->commit(lampBatch("on")));
  machine.disk.fillAtWrite(1, 1000);
  CHECK(machine.failure(store->close()).getType() == Type::OVERLOADED);
  store = nullptr;
  machine.disk.clearFaults();
  store = machine.open();
  CHECK(machine.lamp(*store) == "on");
}

TEST_CASE("an opening that is dropped leaves the file free for another") {
  Machine machine;
  for (int turns = 0; turns < 5; ++turns) {
    auto dropped = machine.opening(machine.settings());
    for (int i = 0; i < turns; ++i) machine.await(kj::evalLater([]() {}));
  }
  for (int i = 0; i < 5; ++i) {
    auto dropped = openStore(newThreadWorker(), machine.settings());
  }
  auto store = machine.open();
  machine.await(store->commit(lampBatch("on")));
}

class BrokenWorker final : public Worker {
public:
  explicit BrokenWorker(int jobs) : jobs(jobs) {}
  kj::Promise<void> run(kj::Function<void()> job) override {
    if (jobs-- <= 0) return KJ_EXCEPTION(FAILED, "no thread");
    job();
    return kj::READY_NOW;
  }

private:
  int jobs;
};

TEST_CASE("a worker that fails leaves nobody waiting") {
  Machine machine;
  auto opening = openStore(kj::heap<BrokenWorker>(1), machine.settings());
  auto store = machine.await(kj::mv(opening));
  auto first = store->commit(lampBatch("on"));
  auto second = store->get(Table::LOCAL, "oslo", bytes("lamp"));
  CHECK(machine.failure(kj::mv(first)).getType() == Type::DISCONNECTED);
  CHECK(machine.failure(kj::mv(second)).getType() == Type::DISCONNECTED);
  CHECK(machine.failure(store->commit(lampBatch("on"))).getType() == Type::DISCONNECTED);
  CHECK(machine.failure(store->close()).getType() == Type::DISCONNECTED);
}

}  // namespace
}  // namespace skerry
