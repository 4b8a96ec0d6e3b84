#include "test/sim/sim_world.h"
#include "shared/async/task.h"
#include "test/sim/sim_host.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <sqlite3.h>

namespace skerry {
namespace {

TEST_CASE("time passes only when everybody waits") {
  SimWorld world(1);
  CHECK(world.run(kj::Promise<int>(5), 0) == 5);
  CHECK(world.nowMs() == 0);
  world.run(world.sleep(3'600'000), 3'600'000);
  CHECK(world.nowMs() == 3'600'000);
}

TEST_CASE("a promise that takes longer than allowed fails the run, at the time allowed") {
  SimWorld world(1);
  CHECK_THROWS_AS(world.run(world.sleep(1001), 1000), kj::Exception);
  CHECK(world.nowMs() == 1000);
}

TEST_CASE("everybody waits and no timer runs: an error that says so") {
  SimWorld world(1);
  auto reason = kj::runCatchingExceptions([&]() {
    world.run(kj::Promise<void>(kj::NEVER_DONE), 1000);
  });
  std::string text = KJ_REQUIRE_NONNULL(reason).getDescription().cStr();
  CHECK(text.find("everybody waits and no timer runs") != std::string::npos);
}

TEST_CASE("an exception of the awaited promise is the run's") {
  SimWorld world(1);
  auto reason = kj::runCatchingExceptions([&]() {
    world.run(kj::Promise<void>(KJ_EXCEPTION(OVERLOADED, "full")), 10);
  });
  CHECK(KJ_REQUIRE_NONNULL(reason).getType() == kj::Exception::Type::OVERLOADED);
}

TEST_CASE("entropy is equal for equal seeds, whichever way it is drawn") {
  SeededEntropy one(9), two(9), three(10);
  kj::byte bytes[20];
  one.fill(bytes);
  uint64_t drawn[] = {two.next(), two.next(), two.next()};
  CHECK(memcmp(bytes, drawn, sizeof(bytes)) == 0);
  CHECK(one.next() == two.next());
  CHECK(three.next() != drawn[0]);
  for (int i = 0; i < 1000; ++i) {
    auto value = one.between(3, 5);
    CHECK(value >= 3);
    CHECK(value <= 5);
  }
}

// A small fleet --------------------------------------------------------------------------------

constexpr uint64_t PING_TIMEOUT_MS = 400;

class EchoServer final : public Program, private kj::TaskSet::ErrorHandler {
public:
  explicit EchoServer(SimHost& host) : tasks(*this) {
    tasks.add(serve(host.host(), tasks));
  }

private:
  static Task<void> serve(Host& host, kj::TaskSet& tasks) {
    auto parsing = host.network.parseAddress("*:7");
    auto address = co_await parsing;
    auto port = address->listen();
    for (;;) {
      auto accepting = port->accept();
      auto stream = co_await accepting;
      tasks.add(echo(kj::mv(stream)));
    }
  }
  static Task<void> echo(kj::Own<kj::AsyncIoStream> stream) {
    kj::byte byte;
    for (;;) {
      auto reading = stream->read(&byte, 1, 1);
      co_await reading;
      auto writing = stream->write(&byte, 1);
      co_await writing;
    }
  }
  void taskFailed(kj::Exception&&) override {}  // a client is gone
  kj::TaskSet tasks;
};

// Pings for ever, keeps count in a database, and writes what it saw into the trace.
class Pinger final : public Program {
public:
  explicit Pinger(SimHost& host)
      : worker(host.host().disk.newWorker()),
        task(kj::Promise<void>(work(host, *worker)).eagerlyEvaluate(nullptr)) {}

private:
  static Task<void> session(SimHost& host, Worker& worker, uint64_t& count) {
    auto parsing = host.host().network.parseAddress("server:7");
    auto address = co_await parsing;
    auto dialling = address->connect();
    auto stream = co_await dialling;
    for (;;) {
      kj::byte byte = host.host().entropy.next();
      auto writing = stream->write(&byte, 1);
      auto asking = host.host().timer.timeoutAfter(PING_TIMEOUT_MS * kj::MILLISECONDS,
                                                   kj::mv(writing));
      co_await asking;
      auto reading = stream->read(&byte, 1, 1);
      auto hearing = host.host().timer.timeoutAfter(PING_TIMEOUT_MS * kj::MILLISECONDS,
                                                    kj::mv(reading));
      co_await hearing;
      auto storing = worker.run([&host, &count]() { store(host, ++count); });
      co_await storing;
      host.world().trace().note(host.name(), kj::str("heard ", byte));
    }
  }

  static Task<void> work(SimHost& host, Worker& worker) {
    uint64_t count = 0;
    for (;;) {
      try {
        auto served = session(host, worker, count);
        co_await kj::mv(served);
      } catch (kj::Exception& reason) {
        host.world().trace().note(host.name(), reason.getDescription());
      }
      auto pausing = host.host().timer.afterDelay(100 * kj::MILLISECONDS);
      co_await pausing;
    }
  }

  static void store(SimHost& host, uint64_t count) {
    sqlite3* database = nullptr;
    KJ_DEFER(sqlite3_close(database));
    auto path = host.host().disk.databasePath("count.db");
    int opened = sqlite3_open_v2(path.cStr(), &database,
                                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                 host.host().disk.vfs());
    KJ_REQUIRE(opened == SQLITE_OK, opened);
    auto text = kj::str("CREATE TABLE IF NOT EXISTS t(n); INSERT INTO t VALUES(", count, ")");
    sqlite3_exec(database, text.cStr(), nullptr, nullptr, nullptr);
  }

  kj::Own<Worker> worker;
  kj::Promise<void> task;
};

std::string history(uint64_t seed) {
  SimWorld world(seed);
  SimHost server(world, "server", [](SimHost& host) { return kj::heap<EchoServer>(host); });
  SimHost one(world, "one", [](SimHost& host) { return kj::heap<Pinger>(host); });
  SimHost two(world, "two", [](SimHost& host) { return kj::heap<Pinger>(host); });
  for (auto host : {&server, &one, &two}) host->powerOn();
  world.runFor(1000);
  world.network().cut("server", "one");
  world.runFor(world.entropy().between(100, 900));
  two.powerOffAtDiskCall(world.entropy().between(5, 200));
  world.network().heal("server", "one");
  world.network().cutOneWay("one", "server");
  world.runFor(1000);
  server.crash();
  world.runFor(500);
  server.restart();
  world.network().healAll();
  two.powerOff();
  two.jumpWallClock(-1'000'000);
  two.powerOn();
  one.crash();
  one.restart();
  world.runFor(3000);
  return world.trace().text();
}

TEST_CASE("equal seeds give byte-identical traces, others do not") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    auto once = history(seed);
    CHECK(once == history(seed));
    CHECK(once != history(seed + 100));
    CHECK(once.find("goes dark inside a disk call") != std::string::npos);
    auto healed = once.rfind(" one heard ");
    CHECK(healed != std::string::npos);
    CHECK(healed > once.find("two boots", once.find("lost power")));
    CHECK(once.rfind(" two heard ") > once.rfind(" two boots"));
  }
}

}  // namespace
}  // namespace skerry
