#include "shared/async/worker.h"
#include <atomic>
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <kj/timer.h>
#include <kj/vector.h>
#include <signal.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace skerry {
namespace {

kj::Exception failureOf(kj::Promise<void>& promise, kj::WaitScope& scope) {
  return KJ_REQUIRE_NONNULL(kj::runCatchingExceptions([&]() { promise.wait(scope); }),
                            "it did not fail");
}

TEST_CASE("a thread worker runs jobs elsewhere, one at a time, in order") {
  auto io = kj::setupAsyncIo();
  auto worker = newThreadWorker();
  std::vector<int> order;
  std::thread::id elsewhere;
  kj::Vector<kj::Promise<void>> done;
  for (int i = 0; i < 500; ++i) {
    done.add(worker->run([&, i]() {
      elsewhere = std::this_thread::get_id();
      order.push_back(i);
    }));
  }
  kj::joinPromises(done.releaseAsArray()).wait(io.waitScope);
  CHECK(elsewhere != std::this_thread::get_id());
  REQUIRE(order.size() == 500);
  for (int i = 0; i < 500; ++i) CHECK(order[i] == i);
}

TEST_CASE("a job that throws rejects its own promise and the worker goes on") {
  auto io = kj::setupAsyncIo();
  auto worker = newThreadWorker();
  auto bad = worker->run([]() {
    kj::throwFatalException(KJ_EXCEPTION(OVERLOADED, "the disk is full"));
  });
  auto good = worker->run([]() {});
  CHECK(failureOf(bad, io.waitScope).getType() == kj::Exception::Type::OVERLOADED);
  good.wait(io.waitScope);
}

TEST_CASE("dropping the promise of a job does not stop the job") {
  auto io = kj::setupAsyncIo();
  auto worker = newThreadWorker();
  std::atomic<int> runs = 0;
  { auto dropped = worker->run([&]() { ++runs; }); }
  worker->run([&]() { ++runs; }).wait(io.waitScope);
  CHECK(runs == 2);
}

TEST_CASE("destroying a thread worker waits for the running job and drops the others") {
  auto io = kj::setupAsyncIo();
  auto worker = newThreadWorker();
  std::atomic<bool> began = false, ended = false, ranLater = false;
  auto running = worker->run([&]() {
    began = true;
    usleep(50'000);
    ended = true;
  });
  auto later = worker->run([&]() { ranLater = true; });
  while (!began) usleep(100);
  worker = nullptr;
  CHECK(ended);
  CHECK(!ranLater);
  running.wait(io.waitScope);
  CHECK(failureOf(later, io.waitScope).getType() == kj::Exception::Type::DISCONNECTED);
}

TEST_CASE("signals of the process never reach a worker's thread") {
  auto io = kj::setupAsyncIo();
  auto worker = newThreadWorker();
  bool blocked = false;
  worker->run([&]() {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGCHLD) == 1;
  }).wait(io.waitScope);
  CHECK(blocked);
}

// On virtual time: pauses are drawn in advance, and get shorter.
struct Inline {
  kj::EventLoop loop;
  kj::WaitScope scope {loop};
  kj::TimerImpl timer {kj::origin<kj::TimePoint>()};
  uint64_t pauseMs = 10;
  kj::Own<Worker> worker = newInlineWorker([this]() {
    return timer.afterDelay(pauseMs-- * kj::MILLISECONDS);
  });

  void advance(kj::Promise<void>& until) {
    while (!until.poll(scope)) timer.advanceTo(KJ_REQUIRE_NONNULL(timer.nextEvent()));
  }
};

TEST_CASE("an inline worker keeps the order whatever the pauses are") {
  Inline f;
  std::vector<int> order;
  auto first = f.worker->run([&]() { order.push_back(1); });
  auto second = f.worker->run([&]() { order.push_back(2); });
  CHECK(order.empty());
  f.advance(second);
  CHECK(order == std::vector<int> {1, 2});
  CHECK(first.poll(f.scope));
  CHECK((f.timer.now() - kj::origin<kj::TimePoint>()) == 19 * kj::MILLISECONDS);

  auto third = f.worker->run([&]() { order.push_back(3); });
  f.advance(third);
  CHECK(order.size() == 3);
}

TEST_CASE("an inline worker reports a job that throws and runs dropped ones") {
  Inline f;
  int runs = 0;
  auto bad = f.worker->run([]() { KJ_FAIL_REQUIRE("no"); });
  { auto dropped = f.worker->run([&]() { ++runs; }); }
  auto last = f.worker->run([&]() { ++runs; });
  f.advance(last);
  CHECK(runs == 2);
  CHECK(failureOf(bad, f.scope).getType() == kj::Exception::Type::FAILED);
}

TEST_CASE("destroying an inline worker drops the jobs that have not begun") {
  Inline f;
  bool ran = false;
  auto waiting = f.worker->run([&]() { ran = true; });
  waiting.poll(f.scope);
  f.worker = nullptr;
  CHECK(failureOf(waiting, f.scope).getType() == kj::Exception::Type::DISCONNECTED);
  CHECK(!ran);
}

}  // namespace
}  // namespace skerry
