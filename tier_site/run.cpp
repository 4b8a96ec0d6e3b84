#include "tier_site/run.h"
#include <algorithm>

namespace skerry {
namespace {

bool wantsAnotherLife(const RestartSpec& restart, bool failed, uint32_t failures) {
  switch (restart.policy) {
    case RestartSpec::Policy::ALWAYS:
    case RestartSpec::Policy::UNLESS_STOPPED: return true;
    case RestartSpec::Policy::ON_FAILURE:
      return failed && (restart.max == 0 || failures <= restart.max);
    case RestartSpec::Policy::NO: return false;
  }
  return false;
}

bool hasFailed(const Observed& how) { return how.exitCode != 0 || how.exitSignal != 0; }

void countFailure(Run& run, const RestartSpec& restart, bool failed, uint64_t nowMs,
                  int64_t wallMs) {
  ++run.failures;
  run.startedMs = 0;
  run.exitedWallMs = wallMs;
  run.notBeforeMs = nowMs + backoffMs(run.failures);
  run.finished = !wantsAnotherLife(restart, failed, run.failures);
}

}  // namespace

uint64_t backoffMs(uint32_t failures) {
  if (failures <= 1) return 0;
  constexpr uint32_t DOUBLINGS_MAX = 16;  // beyond the cap long before
  return std::min(BACKOFF_BASE_MS << std::min(failures - 2, DOUBLINGS_MAX), BACKOFF_MAX_MS);
}

void beginAnew(Run& run, const Hash& digest) {
  auto incarnation = run.incarnation, ended = run.ended, awayUntilMs = run.awayUntilMs;
  run = Run();
  run.incarnation = incarnation;
  run.ended = ended;
  run.awayUntilMs = awayUntilMs;
  run.digest = digest;
}

void onStarted(Run& run, uint64_t incarnation, uint64_t nowMs) {
  if (run.started != 0 && incarnation > run.started) ++run.restarts;
  run.started = std::max(run.started, incarnation);
  run.incarnation = std::max(run.incarnation, incarnation);
  run.startedMs = nowMs;
  run.finished = false;
}

void onEnded(Run& run, const RestartSpec& restart, const Observed& how, uint64_t nowMs,
             int64_t wallMs) {
  run.incarnation = std::max(run.incarnation, how.incarnation);
  run.reason = describe(how);
  if (how.incarnation != 0 && how.incarnation <= run.ended) {
    run.startedMs = 0;
    run.finished = !wantsAnotherLife(restart, hasFailed(how), run.failures);
    if (run.notBeforeMs == 0) run.notBeforeMs = nowMs + backoffMs(run.failures);
    return;
  }
  run.ended = how.incarnation;
  bool lived = run.startedMs != 0 && nowMs - run.startedMs >= RESET_AFTER_MS;
  if (lived) run.failures = 0;
  countFailure(run, restart, hasFailed(how), nowMs, wallMs);
}

void onPolicyChanged(Run& run, const RestartSpec& restart, const Observed* seen) {
  bool lives = seen != nullptr && seen->state != Observed::State::EXITED;
  if (lives || run.failures == 0) return;
  run.finished = !wantsAnotherLife(restart, seen == nullptr || hasFailed(*seen), run.failures);
}

void onStartFailed(Run& run, const RestartSpec& restart, std::string reason, uint64_t nowMs,
                   int64_t wallMs) {
  run.reason = std::move(reason);
  countFailure(run, restart, true, nowMs, wallMs);
}

void onRuntimeAway(Run& run, std::string reason, uint64_t nowMs) {
  run.reason = std::move(reason);
  run.awayUntilMs = nowMs + RUNTIME_RETRY_MS;
}

namespace {

// As if every runtime answered.
RunStep idealStep(const Slot* wanted, const Observed* seen, const Run& run, uint64_t nowMs) {
  bool lives = seen != nullptr && seen->state != Observed::State::EXITED;
  if (wanted == nullptr) {
    if (seen == nullptr) return {};
    return {lives ? RunStep::Verb::STOP : RunStep::Verb::REMOVE, 0, 0};
  }
  bool other = seen != nullptr && seen->digest != wanted->rendered.digest;
  if (other) return {lives ? RunStep::Verb::STOP : RunStep::Verb::REMOVE, 0, 0};
  bool runs = lives && seen->state == Observed::State::RUNNING;
  if (runs || run.finished) return {};
  if (run.notBeforeMs > nowMs) return {RunStep::Verb::NONE, 0, run.notBeforeMs};
  // A start that was cut short, by a controller's death or a failure: the same life goes on.
  if (lives) return {RunStep::Verb::START, std::max<uint64_t>(seen->incarnation, 1), 0};
  uint64_t last = seen == nullptr ? run.incarnation : std::max(run.incarnation, seen->incarnation);
  return {RunStep::Verb::START, last + 1, 0};
}

}  // namespace

RunStep nextStep(const Slot* wanted, const Observed* seen, const Run& run, uint64_t nowMs) {
  auto step = idealStep(wanted, seen, run, nowMs);
  if (step.verb == RunStep::Verb::NONE || run.awayUntilMs <= nowMs) return step;
  return {RunStep::Verb::NONE, 0, run.awayUntilMs};
}

RunState stateOf(const Slot* wanted, const Observed* seen, const Run& run) {
  if (seen != nullptr && seen->state == Observed::State::RUNNING) return RunState::RUNNING;
  if (seen != nullptr && seen->state == Observed::State::STARTING) return RunState::STARTING;
  if (wanted == nullptr) return RunState::STOPPED;
  if (run.finished) return run.failures > 0 && run.reason != "exited with code 0"
                               ? RunState::FAILED : RunState::STOPPED;
  if (run.failures >= CRASH_LOOP_FAILURES) return RunState::CRASH_LOOP;
  if (run.failures > 0) return RunState::BACKOFF;
  return RunState::PENDING;
}

}  // namespace skerry
