#include "tier_site/plan.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

using Policy = RestartSpec::Policy;

Hash digestOf(uint8_t seed) { return sha256(view(Bytes(1, seed))); }

Slot slotOf(uint8_t seed, Policy policy = Policy::ALWAYS, uint32_t max = 0) {
  Slot slot;
  slot.rendered.id = {"acme", "pos", "web", 0};
  slot.rendered.digest = digestOf(seed);
  slot.restart = {policy, max};
  return slot;
}

Observed seenAs(Observed::State state, uint64_t incarnation, uint8_t seed = 1, int exitCode = 1) {
  Observed seen;
  seen.id = {"acme", "pos", "web", 0};
  seen.digest = digestOf(seed);
  seen.state = state;
  seen.incarnation = incarnation;
  if (state == Observed::State::EXITED) seen.exitCode = exitCode;
  return seen;
}

// One instance on a clock of its own.
struct Instance {
  Slot slot;
  Run run;
  uint64_t nowMs = 1'000;
  uint64_t incarnation = 0;

  explicit Instance(Policy policy = Policy::ALWAYS, uint32_t max = 0)
      : slot(slotOf(1, policy, max)) {
    beginAnew(run, slot.rendered.digest);
  }
  void live(uint64_t ms, int exitCode) {
    onStarted(run, ++incarnation, nowMs);
    nowMs += ms;
    onEnded(run, slot.restart, ended(exitCode), nowMs, int64_t(nowMs));
  }
  Observed ended(int exitCode) const {
    return seenAs(Observed::State::EXITED, incarnation, 1, exitCode);
  }
  RunStep next(int exitCode = 1) const {
    auto seen = ended(exitCode);
    return nextStep(&slot, &seen, run, nowMs);
  }
  RunState state(int exitCode = 1) const {
    auto seen = ended(exitCode);
    return stateOf(&slot, &seen, run);
  }
};

TEST_CASE("the first restart is at once, each further one waits twice as long, up to a minute") {
  CHECK(backoffMs(0) == 0);
  CHECK(backoffMs(1) == 0);
  CHECK(backoffMs(2) == BACKOFF_BASE_MS);
  CHECK(backoffMs(3) == 2 * BACKOFF_BASE_MS);
  CHECK(backoffMs(9) == 128 * BACKOFF_BASE_MS);
  CHECK(backoffMs(10) == BACKOFF_MAX_MS);
  for (uint32_t failures : {11u, 33u, 64u, 65u, 1'000'000u, UINT32_MAX}) {
    CHECK(backoffMs(failures) == BACKOFF_MAX_MS);
  }
}

TEST_CASE("a service that ends is started again after its back-off, and not before") {
  Instance web;
  web.live(10, 1);
  CHECK(web.next() == RunStep{RunStep::Verb::START, 2, 0});
  web.live(10, 1);
  auto step = web.next();
  CHECK(step.verb == RunStep::Verb::NONE);
  CHECK(step.atMs == web.nowMs + BACKOFF_BASE_MS);
  web.nowMs = step.atMs - 1;
  CHECK(web.next().verb == RunStep::Verb::NONE);
  web.nowMs = step.atMs;
  CHECK(web.next() == RunStep{RunStep::Verb::START, 3, 0});
}

TEST_CASE("a life of a minute forgives the failures before it, a shorter one does not") {
  Instance web;
  for (int i = 0; i < 6; ++i) web.live(10, 1);
  CHECK(web.run.failures == 6);
  web.live(RESET_AFTER_MS - 1, 1);
  CHECK(web.run.failures == 7);
  web.live(RESET_AFTER_MS, 1);
  CHECK(web.run.failures == 1);
  CHECK(web.next() == RunStep{RunStep::Verb::START, 9, 0});
}

TEST_CASE("five failures in a row are shown as a crash loop, fewer as back-off") {
  Instance web;
  for (uint32_t i = 1; i <= CRASH_LOOP_FAILURES; ++i) {
    web.live(10, 1);
    CHECK(web.state() == (i < CRASH_LOOP_FAILURES ? RunState::BACKOFF : RunState::CRASH_LOOP));
  }
  web.live(RESET_AFTER_MS, 1);
  CHECK(web.state() == RunState::BACKOFF);
}

TEST_CASE("the restart rules decide what follows an end") {
  struct Row {
    const char* what;
    Policy policy;
    uint32_t max;
    std::vector<int> exits;
    bool startsAgain;
    RunState state;
  };
  std::vector<Row> rows{
      {"always after success", Policy::ALWAYS, 0, {0}, true, RunState::BACKOFF},
      {"always after failure", Policy::ALWAYS, 0, {3}, true, RunState::BACKOFF},
      {"unless-stopped after success", Policy::UNLESS_STOPPED, 0, {0}, true, RunState::BACKOFF},
      {"no after success", Policy::NO, 0, {0}, false, RunState::STOPPED},
      {"no after failure", Policy::NO, 0, {3}, false, RunState::FAILED},
      {"on-failure after success", Policy::ON_FAILURE, 0, {0}, false, RunState::STOPPED},
      {"on-failure after failure", Policy::ON_FAILURE, 0, {3}, true, RunState::BACKOFF},
      {"on-failure without bound", Policy::ON_FAILURE, 0, {1, 1, 1, 1, 1, 1}, true,
       RunState::CRASH_LOOP},
      {"on-failure:2, second failure", Policy::ON_FAILURE, 2, {1, 1}, true, RunState::BACKOFF},
      {"on-failure:2, third failure", Policy::ON_FAILURE, 2, {1, 1, 1}, false, RunState::FAILED},
      {"on-failure:2, success after a failure", Policy::ON_FAILURE, 2, {1, 0}, false,
       RunState::STOPPED},
  };
  for (auto& row : rows) {
    CAPTURE(row.what);
    Instance web(row.policy, row.max);
    for (auto code : row.exits) web.live(10, code);
    web.nowMs += BACKOFF_MAX_MS;
    auto step = web.next(row.exits.back());
    CHECK((step.verb == RunStep::Verb::START) == row.startsAgain);
    if (!row.startsAgain) CHECK(step == RunStep{});
    CHECK(web.state(row.exits.back()) == row.state);
  }
}

TEST_CASE("a death by signal is a failure even though its code may be zero") {
  Instance web(Policy::ON_FAILURE);
  onStarted(web.run, ++web.incarnation, web.nowMs);
  auto seen = web.ended(0);
  seen.exitSignal = 9;
  onEnded(web.run, web.slot.restart, seen, web.nowMs, 0);
  CHECK(!web.run.finished);
}

TEST_CASE("the end of one life counts once, however often and to however many controllers told") {
  Instance web;
  for (int i = 0; i < 3; ++i) web.live(10, 1);
  auto notBeforeMs = web.run.notBeforeMs;
  web.nowMs += 5;
  onEnded(web.run, web.slot.restart, web.ended(1), web.nowMs, 0);
  CHECK(web.run.failures == 3);
  CHECK(web.run.notBeforeMs == notBeforeMs);
  // The next controller has the stored half of the history only: it waits anew, and counts no more.
  Run next = web.run;
  next.notBeforeMs = next.startedMs = 0;
  next.finished = false;
  onEnded(next, web.slot.restart, web.ended(1), 50, 0);
  CHECK(next.failures == 3);
  CHECK(next.notBeforeMs == 50 + backoffMs(3));
}

TEST_CASE("the next controller knows again that a service which ended for good stays ended") {
  Instance job(Policy::NO);
  job.live(10, 0);
  Run next = job.run;
  next.finished = false;
  auto seen = job.ended(0);
  onEnded(next, job.slot.restart, seen, 50, 0);
  CHECK(next.finished);
  CHECK(nextStep(&job.slot, &seen, next, 100'000) == RunStep{});
}

TEST_CASE("restarts count lives after the first, not what one controller saw of them") {
  Run run;
  onStarted(run, 1, 10);
  CHECK(run.restarts == 0);
  onStarted(run, 1, 20);
  CHECK(run.restarts == 0);
  onStarted(run, 2, 30);
  onStarted(run, 3, 40);
  CHECK(run.restarts == 2);
}

TEST_CASE("a start that fails backs off as an end does, and counts against on-failure:N") {
  Instance web(Policy::ON_FAILURE, 1);
  onStartFailed(web.run, web.slot.restart, "no such image", web.nowMs, 7);
  CHECK(web.run.reason == "no such image");
  CHECK(nextStep(&web.slot, nullptr, web.run, web.nowMs).verb == RunStep::Verb::START);
  onStartFailed(web.run, web.slot.restart, "no such image", web.nowMs, 8);
  CHECK(web.run.finished);
  CHECK(stateOf(&web.slot, nullptr, web.run) == RunState::FAILED);
}

TEST_CASE("a runtime that does not answer is nobody's failure, and is asked nothing for a while") {
  Instance web;
  web.run.awayUntilMs = 0;
  onRuntimeAway(web.run, "the engine does not answer", web.nowMs);
  CHECK(web.run.failures == 0);
  auto running = seenAs(Observed::State::RUNNING, 1, 2);
  auto other = seenAs(Observed::State::EXITED, 1, 2);
  RunStep wait{RunStep::Verb::NONE, 0, web.nowMs + RUNTIME_RETRY_MS};
  CHECK(nextStep(&web.slot, nullptr, web.run, web.nowMs) == wait);
  CHECK(nextStep(&web.slot, &running, web.run, web.nowMs) == wait);
  CHECK(nextStep(&web.slot, &other, web.run, web.nowMs) == wait);
  CHECK(nextStep(nullptr, &running, web.run, web.nowMs) == wait);
  CHECK(nextStep(nullptr, &running, web.run, web.nowMs + RUNTIME_RETRY_MS).verb ==
        RunStep::Verb::STOP);
}

TEST_CASE("replacing is stop first, whatever back-off the older life was in") {
  Instance web;
  for (int i = 0; i < 8; ++i) web.live(10, 1);
  auto next = slotOf(2);
  auto running = seenAs(Observed::State::RUNNING, 8);
  CHECK(nextStep(&next, &running, web.run, web.nowMs).verb == RunStep::Verb::STOP);
  auto ended = seenAs(Observed::State::EXITED, 8);
  CHECK(nextStep(&next, &ended, web.run, web.nowMs).verb == RunStep::Verb::REMOVE);
  beginAnew(web.run, next.rendered.digest);
  CHECK(nextStep(&next, nullptr, web.run, web.nowMs) == RunStep{RunStep::Verb::START, 9, 0});
  CHECK(web.run.failures == 0);
  CHECK(web.run.restarts == 0);
}

TEST_CASE("what is not wanted is stopped while it lives and removed when it has ended") {
  Run run;
  auto running = seenAs(Observed::State::RUNNING, 1), ended = seenAs(Observed::State::EXITED, 1);
  auto starting = seenAs(Observed::State::STARTING, 1);
  CHECK(nextStep(nullptr, &running, run, 1).verb == RunStep::Verb::STOP);
  CHECK(nextStep(nullptr, &starting, run, 1).verb == RunStep::Verb::STOP);
  CHECK(nextStep(nullptr, &ended, run, 1).verb == RunStep::Verb::REMOVE);
  CHECK(nextStep(nullptr, nullptr, run, 1) == RunStep{});
  CHECK(stateOf(nullptr, &running, run) == RunState::RUNNING);
  CHECK(stateOf(nullptr, nullptr, run) == RunState::STOPPED);
}

TEST_CASE("what runs as wanted is left alone, and a life found later sets the next number") {
  Instance web;
  auto running = seenAs(Observed::State::RUNNING, 41);
  CHECK(nextStep(&web.slot, &running, web.run, web.nowMs) == RunStep{});
  auto ended = seenAs(Observed::State::EXITED, 41);
  CHECK(nextStep(&web.slot, &ended, web.run, web.nowMs) == RunStep{RunStep::Verb::START, 42, 0});
}

TEST_CASE("a start that was cut short goes on as the same life, after its back-off") {
  Instance web;
  auto starting = seenAs(Observed::State::STARTING, 41);
  CHECK(nextStep(&web.slot, &starting, web.run, web.nowMs) ==
        RunStep{RunStep::Verb::START, 41, 0});
  web.run.notBeforeMs = web.nowMs + 7;
  CHECK(nextStep(&web.slot, &starting, web.run, web.nowMs) ==
        RunStep{RunStep::Verb::NONE, 0, web.nowMs + 7});
}

TEST_CASE("another restart rule for the same service judges anew what has ended") {
  Instance job(Policy::NO);
  job.live(10, 0);
  CHECK(job.run.finished);
  auto seen = job.ended(0);
  onPolicyChanged(job.run, {Policy::ALWAYS, 0}, &seen);
  CHECK(!job.run.finished);
  onPolicyChanged(job.run, {Policy::ON_FAILURE, 0}, &seen);
  CHECK(job.run.finished);
  auto running = seenAs(Observed::State::RUNNING, 2);
  job.run.finished = false;
  onPolicyChanged(job.run, {Policy::NO, 0}, &running);
  CHECK(!job.run.finished);
}

TEST_CASE("what is paused or gave way is stopped and removed, and begins nothing") {
  for (auto standing : {Standing::PAUSED, Standing::PREEMPTED}) {
    auto slot = slotOf(1);
    slot.standing = standing;
    Run run;
    auto lives = seenAs(Observed::State::RUNNING, 3), ended = seenAs(Observed::State::EXITED, 3);
    CHECK(nextStep(&slot, &lives, run, 0).verb == RunStep::Verb::STOP);
    CHECK(nextStep(&slot, &ended, run, 0).verb == RunStep::Verb::REMOVE);
    CHECK(nextStep(&slot, nullptr, run, 0) == RunStep());
    auto state = standing == Standing::PAUSED ? RunState::STOPPED : RunState::PENDING;
    CHECK(stateOf(&slot, nullptr, run) == state);
  }
}

TEST_CASE("without room nothing begins and nothing that lives is touched, an older one neither") {
  auto slot = slotOf(1);
  slot.standing = Standing::NO_ROOM;
  Run run;
  auto lives = seenAs(Observed::State::RUNNING, 3), older = seenAs(Observed::State::RUNNING, 3, 2);
  CHECK(nextStep(&slot, &lives, run, 0) == RunStep());
  CHECK(nextStep(&slot, &older, run, 0) == RunStep());
  CHECK(nextStep(&slot, nullptr, run, 0) == RunStep());
  CHECK(stateOf(&slot, &older, run) == RunState::RUNNING);
  CHECK(stateOf(&slot, nullptr, run) == RunState::PENDING);
}

TEST_CASE("where a life was begun is remembered until that runtime says it is over") {
  Run run;
  onBegun(run, RuntimeKind::CONTAINER, "boot1");
  onGone(run, RuntimeKind::PROCESS);
  beginAnew(run, digestOf(2));
  CHECK(run.livesIn == RuntimeKind::CONTAINER);
  CHECK(run.bootId == "boot1");
  onGone(run, RuntimeKind::CONTAINER);
  CHECK(!run.livesIn);
}

}  // namespace
}  // namespace skerry
