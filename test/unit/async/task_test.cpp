#include "shared/async/task.h"
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <kj/timer.h>
#include <string.h>

namespace skerry {
namespace {

struct Clockwork {
  kj::EventLoop loop;
  kj::WaitScope scope {loop};
  kj::TimerImpl timer {kj::origin<kj::TimePoint>()};

  template <typename T>
  T run(kj::Promise<T> promise) {
    while (!promise.poll(scope)) timer.advanceTo(KJ_REQUIRE_NONNULL(timer.nextEvent()));
    return promise.wait(scope);
  }
};

constexpr auto TICK = 1 * kj::MILLISECONDS;

// The timer of all of these outlives the task.
Task<int> seven(kj::Timer& timer) {
  auto waiting = timer.afterDelay(TICK);
  co_await waiting;
  co_return 7;
}

Task<kj::String> sum(kj::Timer& timer) {
  int a = co_await seven(timer);
  int b = co_await seven(timer);
  co_return kj::str("sum ", a + b);
}

Task<void> failLater(kj::Timer& timer) {
  auto waiting = timer.afterDelay(TICK);
  co_await waiting;
  kj::throwFatalException(KJ_EXCEPTION(OVERLOADED, "the boat is full"));
}

Task<void> failAtOnce() {
  kj::throwFatalException(KJ_EXCEPTION(FAILED, "no boat"));
  co_return;
}

Task<int> recover(kj::Timer& timer) {
  bool failed = false;
  try {
    co_await failLater(timer);
  } catch (kj::Exception& reason) {
    failed = reason.getType() == kj::Exception::Type::OVERLOADED;
  }
  if (!failed) co_return 0;
  int value = co_await seven(timer);
  co_return value + 1;
}

struct Guard {
  explicit Guard(int& alive) : alive(alive) { ++alive; }
  ~Guard() noexcept(false) { --alive; }
  KJ_DISALLOW_COPY(Guard);
  int& alive;
};

// `alive` outlives the task.
Task<void> sleepLong(kj::Timer& timer, int& alive) {
  Guard outer(alive);
  auto inner = kj::heap<Guard>(alive);
  auto sleeping = timer.afterDelay(1000 * kj::SECONDS);
  co_await sleeping;
  alive = -1;
}

struct ThrowsWhenDestroyed {
  ~ThrowsWhenDestroyed() noexcept(false) { KJ_FAIL_REQUIRE("destructors may throw"); }
};

Task<void> holdsAThrower() {
  ThrowsWhenDestroyed thrower;
  co_return;
}

Task<size_t> countBytes(kj::AsyncIoStream& stream) {
  kj::byte buffer[4096];
  for (size_t total = 0;;) {
    auto reading = stream.tryRead(buffer, 1, sizeof(buffer));
    size_t size = co_await reading;
    if (size == 0) co_return total;
    total += size;
  }
}

Task<void> writeBytes(kj::Own<kj::AsyncIoStream> stream) {
  for (int i = 0; i < 100; ++i) {
    auto chunk = kj::heapArray<kj::byte>(1000);
    memset(chunk.begin(), i, chunk.size());
    auto writing = stream->write(chunk.begin(), chunk.size());
    co_await writing;
  }
}

Task<kj::Maybe<int>> maybe(kj::Timer& timer, kj::Maybe<int> value) {
  KJ_IF_MAYBE(present, value) {
    int other = co_await seven(timer);
    co_return *present + other;
  }
  co_return nullptr;
}

kj::Exception failureOf(Clockwork& clockwork, kj::Promise<void> promise) {
  return KJ_REQUIRE_NONNULL(
      kj::runCatchingExceptions([&]() { clockwork.run(kj::mv(promise)); }), "it did not fail");
}

TEST_CASE("a task's value arrives through tasks that await it") {
  Clockwork clockwork;
  auto text = clockwork.run<kj::String>(sum(clockwork.timer));
  CHECK(text == "sum 14");
}

TEST_CASE("a task starts at once and waits where it awaits") {
  Clockwork clockwork;
  int alive = 0;
  kj::Promise<void> promise = sleepLong(clockwork.timer, alive);
  CHECK(alive == 2);
  CHECK(!promise.poll(clockwork.scope));
  CHECK(alive == 2);
}

TEST_CASE("dropping the promise of a task destroys its locals and nothing runs on") {
  Clockwork clockwork;
  int alive = 0;
  {
    kj::Promise<void> promise = sleepLong(clockwork.timer, alive);
    promise.poll(clockwork.scope);
  }
  CHECK(alive == 0);
  CHECK(clockwork.timer.nextEvent() == nullptr);
}

TEST_CASE("a task never converted to a promise is cancelled, too") {
  Clockwork clockwork;
  int alive = 0;
  { auto task = sleepLong(clockwork.timer, alive); }
  CHECK(alive == 0);
}

TEST_CASE("an exception keeps its type on the way out of a task") {
  Clockwork clockwork;
  auto later = failureOf(clockwork, failLater(clockwork.timer));
  CHECK(later.getType() == kj::Exception::Type::OVERLOADED);
  auto atOnce = failureOf(clockwork, failAtOnce());
  CHECK(atOnce.getType() == kj::Exception::Type::FAILED);
}

TEST_CASE("a task catches what it awaits and goes on") {
  Clockwork clockwork;
  CHECK(clockwork.run<int>(recover(clockwork.timer)) == 8);
}

TEST_CASE("a local whose destructor throws fails its task") {
  Clockwork clockwork;
  auto reason = failureOf(clockwork, holdsAThrower());
  CHECK(reason.getDescription().startsWith("destructors may throw"));
}

TEST_CASE("a task loops over a stream until its end") {
  Clockwork clockwork;
  auto pipe = kj::newTwoWayPipe();
  kj::Promise<void> writing = writeBytes(kj::mv(pipe.ends[0]));
  auto background = writing.eagerlyEvaluate(nullptr);
  CHECK(clockwork.run<size_t>(countBytes(*pipe.ends[1])) == 100'000);
}

TEST_CASE("both branches of a forked task hear its value") {
  Clockwork clockwork;
  auto fork = kj::Promise<int>(recover(clockwork.timer)).fork();
  auto first = fork.addBranch(), second = fork.addBranch();
  CHECK(clockwork.run(kj::mv(first)) == 8);
  CHECK(clockwork.run(kj::mv(second)) == 8);
}

TEST_CASE("a task may return no value in a Maybe") {
  Clockwork clockwork;
  auto ten = clockwork.run<kj::Maybe<int>>(maybe(clockwork.timer, 3));
  CHECK(KJ_REQUIRE_NONNULL(ten) == 10);
  auto none = clockwork.run<kj::Maybe<int>>(maybe(clockwork.timer, nullptr));
  CHECK(none == nullptr);
}

}  // namespace
}  // namespace skerry
