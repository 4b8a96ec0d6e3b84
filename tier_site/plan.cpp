#include "tier_site/plan.h"
#include <algorithm>

namespace skerry {
namespace {

bool isToEnd(Standing standing) {
  return standing == Standing::PAUSED || standing == Standing::PREEMPTED;
}

// As if every runtime answered.
RunStep idealStep(const Slot* wanted, const Observed* seen, const Run& run, uint64_t nowMs) {
  bool lives = seen != nullptr && seen->state != Observed::State::EXITED;
  if (wanted == nullptr || isToEnd(wanted->standing)) {
    if (seen == nullptr) return {};
    return {lives ? RunStep::Verb::STOP : RunStep::Verb::REMOVE, 0, 0};
  }
  if (wanted->standing == Standing::NO_ROOM) return {};
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
  if (wanted == nullptr || wanted->standing == Standing::PAUSED) return RunState::STOPPED;
  if (wanted->standing != Standing::RUN) return RunState::PENDING;
  if (run.finished) return run.failures > 0 && run.reason != "exited with code 0"
                               ? RunState::FAILED : RunState::STOPPED;
  if (run.failures >= CRASH_LOOP_FAILURES) return RunState::CRASH_LOOP;
  if (run.failures > 0) return RunState::BACKOFF;
  return RunState::PENDING;
}

}  // namespace skerry
