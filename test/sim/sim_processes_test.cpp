#include "test/sim/sim_processes.h"
#include "shared/async/task.h"
#include "test/sim/sim_host.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <signal.h>

namespace skerry {
namespace {

constexpr uint64_t SEED = 5;

struct Fixture {
  SimWorld world {SEED};
  SimHost machine {world, "site"};
  SimProcesses& processes = machine.processes();
  Fixture() { machine.powerOn(); }

  Ended run(kj::StringPtr program, kj::StringPtr argument = "") {
    Command command {kj::str(program), kj::arr(kj::str(argument))};
    return world.run(machine.host().processes.run(kj::mv(command)), 60'000);
  }
};

Ended ended(int code, kj::StringPtr output) {
  Ended how;
  how.code = code;
  how.output = kj::str(output);
  return how;
}

// Outlives neither the host nor the command.
Task<Ended> sleeper(Command, SimHost& host) {
  auto sleeping = host.world().sleep(1000);
  co_await sleeping;
  co_return ended(3, "slept");
}

TEST_CASE("a program plays its command and reports how it ended") {
  Fixture f;
  f.processes.install("echo", [](Command command, SimHost& host) {
    return kj::Promise<Ended>(ended(4, kj::str(host.name(), ' ', command.arguments[0])));
  });
  auto how = f.run("/usr/bin/echo", "hello");
  CHECK(how.code == 4);
  CHECK(how.output == "site hello");
  CHECK(f.run("echo", "again").output == "site again");
}

TEST_CASE("a program that is not installed fails as on a real machine") {
  Fixture f;
  f.processes.install("runc", [](Command, SimHost&) -> kj::Promise<Ended> { return Ended(); });
  f.processes.uninstall("runc");
  auto reason = kj::runCatchingExceptions([&]() { f.run("runc"); });
  CHECK(KJ_REQUIRE_NONNULL(reason).getType() == kj::Exception::Type::FAILED);
}

TEST_CASE("output beyond the limit is dropped") {
  Fixture f;
  f.processes.install("yes", [](Command, SimHost&) -> kj::Promise<Ended> {
    Ended how;
    how.output = kj::heapString(Ended::OUTPUT_BYTES_MAX + 10);
    memset(how.output.begin(), 'y', how.output.size());
    return kj::mv(how);
  });
  CHECK(f.run("yes").output.size() == Ended::OUTPUT_BYTES_MAX);
}

TEST_CASE("a child runs on when its promise is dropped, and when the daemon crashes") {
  Fixture f;
  f.processes.install("sleep", sleeper);
  { auto dropped = f.processes.run({kj::str("sleep"), nullptr}); }
  auto pids = f.processes.named("sleep");
  REQUIRE(pids.size() == 1);
  f.machine.crash();
  f.world.runFor(900);
  CHECK(f.processes.isAlive(pids[0]));
  f.world.runFor(200);
  CHECK(!f.processes.isAlive(pids[0]));
}

TEST_CASE("a killed child reports the signal, at once") {
  Fixture f;
  f.processes.install("sleep", sleeper);
  auto running = f.processes.run({kj::str("sleep"), nullptr});
  f.processes.kill(f.processes.named("sleep")[0], SIGTERM);
  auto how = f.world.run(kj::mv(running), 0);
  CHECK(how.code == -1);
  CHECK(how.signal == SIGTERM);
}

TEST_CASE("the end of a service is heard, however it ends") {
  Fixture f;
  int runs = f.processes.start("short", f.world.sleep(500));
  int killed = f.processes.start("long");
  int fails = f.processes.start("bad", f.world.sleep(700).then([]() { KJ_FAIL_REQUIRE("oops"); }));
  auto atRunsEnd = f.processes.onExit(runs), atKill = f.processes.onExit(killed);
  auto alsoAtKill = f.processes.onExit(killed), atFailure = f.processes.onExit(fails);
  f.world.runFor(400);
  CHECK(!atRunsEnd.poll(f.world.scope()));
  f.world.run(kj::mv(atRunsEnd), 100);
  CHECK(!atKill.poll(f.world.scope()));
  f.processes.kill(killed);
  f.world.run(kj::mv(atKill), 0);
  f.world.run(kj::mv(alsoAtKill), 0);
  f.world.run(kj::mv(atFailure), 200);
  CHECK(f.world.trace().text().find("process bad failed: ") != std::string::npos);
  f.world.run(f.processes.onExit(killed), 0);
  f.processes.kill(killed);
}

TEST_CASE("a start time tells a process from a later one with its number") {
  Fixture f;
  f.world.runFor(1000);
  int first = f.processes.start("one");
  auto started = f.processes.startTime(first);
  CHECK(started > 0);
  f.processes.kill(first);
  CHECK(f.processes.startTime(first) == 0);
  f.world.runFor(1000);
  f.processes.setNextPid(first);
  CHECK(f.processes.start("two") == first);
  CHECK(f.processes.startTime(first) > started);
  f.processes.setNextPid(first);
  CHECK(f.processes.start("three") == first + 1);
}

TEST_CASE("services outlive the daemon's crash, and die with the power") {
  Fixture f;
  int alive = 0;
  ++alive;
  int pid = f.processes.start(
      "service", kj::Promise<void>(kj::NEVER_DONE).attach(kj::defer([&]() { --alive; })));
  f.machine.crash();
  f.world.runFor(1000);
  f.machine.restart();
  CHECK(f.processes.isAlive(pid));
  CHECK(alive == 1);
  f.machine.powerOff();
  CHECK(alive == 0);
  CHECK(!f.processes.isAlive(pid));
  CHECK_THROWS_AS(f.processes.start("service"), kj::Exception);
  f.machine.powerOn();
  CHECK(f.processes.named("service").empty());
  CHECK(f.processes.start("service") == pid);
}

// `alive` and the host outlive the task.
Task<void> suicide(SimHost& host, bool& ranOn) {
  auto sleeping = host.world().sleep(10);
  co_await sleeping;
  host.processes().kill(host.processes().named("keeper")[0]);
  auto more = host.world().sleep(10);
  co_await more;
  ranOn = true;
}

TEST_CASE("a process may kill itself") {
  Fixture f;
  bool ranOn = false;
  int pid = f.processes.start("keeper", suicide(f.machine, ranOn));
  f.world.run(f.processes.onExit(pid), 10);
  f.world.runFor(1000);
  CHECK(!ranOn);
}

// A program that goes into the background, as a keeper does: serves a socket, one byte a visit.
Task<void> keep(SimHost& host) {
  auto parsing = host.host().network.parseAddress("unix:/run/keeper.sock");
  auto address = co_await parsing;
  auto port = address->listen();
  for (;;) {
    auto accepting = port->accept();
    auto stream = co_await accepting;
    auto writing = stream->write("k", 1);
    co_await writing;
  }
}

kj::Promise<size_t> visit(SimHost& host, kj::ArrayPtr<char> into) {
  return host.host().network.parseAddress("unix:/run/keeper.sock")
      .then([](kj::Own<kj::NetworkAddress> address) {
    auto dialling = address->connect();
    return dialling.attach(kj::mv(address));
  }).then([into](kj::Own<kj::AsyncIoStream> stream) mutable {
    auto reading = stream->tryRead(into.begin(), into.size(), into.size());
    return reading.attach(kj::mv(stream));
  });
}

TEST_CASE("a program in the background serves a socket across the daemon's crash") {
  Fixture f;
  f.processes.install("keeper", [](Command, SimHost& host) -> kj::Promise<Ended> {
    host.processes().start("keeper", keep(host));
    return Ended();
  });
  CHECK(f.run("/usr/lib/keeper").code == 0);
  char bytes[1];
  CHECK(f.world.run(visit(f.machine, bytes), 0) == 1);
  f.machine.crash();
  f.machine.restart();
  CHECK(f.world.run(visit(f.machine, bytes), 0) == 1);
  f.processes.kill(f.processes.named("keeper")[0]);
  f.world.runFor(0);
  CHECK_THROWS_AS(f.world.run(visit(f.machine, bytes), 0), kj::Exception);
}

}  // namespace
}  // namespace skerry
