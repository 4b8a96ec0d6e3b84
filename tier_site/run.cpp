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

void onBegun(Run& run, RuntimeKind runtime, std::string_view bootId) {
  run.livesIn = runtime;
  run.bootId = bootId;
}

void onGone(Run& run, RuntimeKind runtime) {
  if (run.livesIn == runtime) run.livesIn = std::nullopt;
}

void beginAnew(Run& run, const Hash& digest) {
  Run next;
  next.incarnation = run.incarnation;
  next.ended = run.ended;
  next.awayUntilMs = run.awayUntilMs;
  next.livesIn = run.livesIn;
  next.bootId = std::move(run.bootId);
  next.yielded = run.yielded;
  next.digest = digest;
  run = std::move(next);
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

}  // namespace skerry
