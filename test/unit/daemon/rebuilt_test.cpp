#include "shared/daemon/rebuilt.h"
#include "test/sim/sim_host.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

struct Counts {
  int opened = 0, alive = 0, attempts = 0;
};

// A core that fails when the test says so.
class Core {
public:
  Core(Counts& counts, Rebuilt<Core>::Failed failed) : counts(counts), failed(kj::mv(failed)) {
    ++counts.opened;
    ++counts.alive;
  }
  ~Core() { --counts.alive; }
  void fail() { failed(KJ_EXCEPTION(OVERLOADED, "the disk is full")); }

private:
  Counts& counts;
  Rebuilt<Core>::Failed failed;
};

struct Daemon {
  SimWorld world{2};
  SimHost machine{world, "site"};
  Counts counts;
  bool diskIsFull = false;       // opening fails
  bool failsInside = false;      // opening fails by way of the core's own writer
  bool failsBeforeDone = false;  // the writer fails, and opening has not noticed yet
  Rebuilt<Core> core;

  explicit Daemon(Reopen reopen = Reopen::AFTER_PAUSE)
      : core(machine.host(), [this](Rebuilt<Core>::Failed failed) {
          ++counts.attempts;
          return open(kj::mv(failed));
        }, reopen) {
    machine.powerOn();
  }
  kj::Promise<kj::Own<Core>> open(Rebuilt<Core>::Failed failed) {
    return world.sleep(5).then([this, failed = kj::mv(failed)]() mutable -> kj::Own<Core> {
      if (diskIsFull) kj::throwFatalException(KJ_EXCEPTION(OVERLOADED, "the disk is full"));
      auto made = kj::heap<Core>(counts, kj::mv(failed));
      if (failsInside || failsBeforeDone) made->fail();
      if (failsInside) kj::throwFatalException(KJ_EXCEPTION(OVERLOADED, "the disk is full"));
      return made;
    });
  }
  bool serves() { return core.get() != nullptr; }
  void fail() { KJ_ASSERT_NONNULL(core.get()).fail(); }
};

TEST_CASE("a core that failed is dropped and opened anew") {
  Daemon daemon;
  daemon.world.run(daemon.core.start(), 100);
  CHECK(daemon.serves());
  daemon.fail();
  // Not in the middle of its own call.
  CHECK(daemon.counts.alive == 1);
  daemon.world.runFor(1);
  CHECK(!daemon.serves());
  CHECK(daemon.counts.alive == 0);
  daemon.world.runFor(REBUILD_PAUSE_MIN / kj::MILLISECONDS + 10);
  CHECK(daemon.serves());
  CHECK(daemon.counts.opened == 2);
  daemon.fail();
  daemon.world.runFor(1'500);
  CHECK(!daemon.serves());
  daemon.world.runFor(1'000);
  CHECK(daemon.serves());
  CHECK(daemon.counts.opened == 3);
  CHECK(daemon.counts.alive == 1);
}

TEST_CASE("while the disk stays bad it is tried ever less often, in the end once a minute") {
  Daemon daemon;
  daemon.world.run(daemon.core.start(), 100);
  daemon.fail();
  daemon.diskIsFull = true;
  // 1, 2, 4, 8, 16, 32, 60, 60 ... seconds apart.
  daemon.world.runFor(64'000);
  CHECK(!daemon.serves());
  CHECK(daemon.counts.attempts == 1 + 6);
  daemon.world.runFor(10 * 60'000);
  CHECK(daemon.counts.attempts >= 1 + 6 + 9);
  CHECK(daemon.counts.attempts <= 1 + 6 + 10);
  CHECK(daemon.core.lastTrouble() == "the disk is full");
  daemon.diskIsFull = false;
  daemon.world.runFor(61'000);
  CHECK(daemon.serves());
}

TEST_CASE("a core that served for a minute forgives the failures before it, no other does") {
  Daemon daemon;
  daemon.world.run(daemon.core.start(), 100);
  for (int seconds : {1, 2, 4, 8}) {
    daemon.fail();
    CHECK(daemon.core.quiet() == seconds * kj::SECONDS);
    daemon.world.runFor(seconds * 1'000 + 100);
    REQUIRE(daemon.serves());
  }
  daemon.world.runFor(70'000);
  daemon.fail();
  CHECK(daemon.core.quiet() == 1 * kj::SECONDS);
}

TEST_CASE("a core that opens by reading alone is back at once and told how long to write nothing") {
  Daemon daemon(Reopen::AT_ONCE);
  daemon.world.run(daemon.core.start(), 100);
  CHECK(daemon.core.quiet() == 0 * kj::SECONDS);
  for (int seconds : {1, 2, 4, 8, 16, 32, 60, 60}) {
    daemon.fail();
    daemon.world.runFor(10);
    CHECK(daemon.serves());
    CHECK(daemon.core.quiet() == seconds * kj::SECONDS);
    // It fails again at the first write after the pause: that is no minute of service.
    daemon.world.runFor(seconds * 1'000);
  }
  // And when it cannot even be read, it is not asked all the time.
  daemon.diskIsFull = true;
  daemon.fail();
  auto before = daemon.counts.attempts;
  daemon.world.runFor(10 * 60'000);
  CHECK(daemon.counts.attempts - before <= 11);
}

TEST_CASE("a core that fails while it is being opened is opened again like any other") {
  for (bool noticed : {true, false}) {
    CAPTURE(noticed);
    Daemon daemon;
    daemon.world.run(daemon.core.start(), 100);
    daemon.fail();
    (noticed ? daemon.failsInside : daemon.failsBeforeDone) = true;
    daemon.world.runFor(5'000);
    CHECK(!daemon.serves());
    CHECK(daemon.counts.alive == 0);
    CHECK(daemon.counts.attempts <= 4);
    daemon.failsInside = daemon.failsBeforeDone = false;
    daemon.world.runFor(8'000);
    CHECK(daemon.serves());
  }
}

TEST_CASE("the failure of the first opening is the daemon's") {
  Daemon daemon;
  daemon.diskIsFull = true;
  CHECK_THROWS_AS(daemon.world.run(daemon.core.start(), 100), kj::Exception);
  daemon.world.runFor(5'000);
  CHECK(daemon.counts.attempts == 1);
}

TEST_CASE("what is dropped stays dropped, even in the middle of a rebuild") {
  Daemon daemon;
  daemon.world.run(daemon.core.start(), 100);
  daemon.fail();
  daemon.world.runFor(10);
  daemon.core.drop();
  daemon.world.runFor(5'000);
  CHECK(!daemon.serves());
  CHECK(daemon.counts.alive == 0);
}

}  // namespace
}  // namespace skerry
