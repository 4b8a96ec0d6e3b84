// The restart history of one instance, as a pure state machine over what was seen of it. What to do
// next is plan.h's.
//
//   start fails or the life ends ──► failures + 1 ──► wait backoffMs(failures) ──► start the next
//   a life of RESET_AFTER_MS ──► failures = 0         life, if the service's policy wants one
//
// The history is stored, so that a controller that is killed in a crash loop does not begin it
// again; times are of the boot clock and are not, so a reboot waits the back-off anew.
#pragma once
#include "shared/model/service_spec.h"
#include "tier_site/drivers/instance.h"

namespace skerry {

constexpr uint64_t BACKOFF_BASE_MS = 250;      // before the second restart; the first is at once
constexpr uint64_t BACKOFF_MAX_MS = 60'000;
constexpr uint64_t RESET_AFTER_MS = 60'000;    // a life this long forgives the failures before it
constexpr uint32_t CRASH_LOOP_FAILURES = 5;    // in a row: shown as a crash loop
constexpr uint64_t RUNTIME_RETRY_MS = 1'000;   // while a runtime does not answer

struct Run {
  // Stored.
  uint64_t incarnation = 0;  // of the last start that was tried
  Hash digest;               // of the rendered service the history belongs to
  uint64_t started = 0;      // incarnation of the last life that began
  uint64_t ended = 0;        // incarnation of the last life whose end was counted
  uint32_t restarts = 0;     // lives after the first
  uint32_t failures = 0;     // in a row
  int64_t exitedWallMs = 0;
  std::string reason;        // how the last life ended or failed to begin
  // Where a life was begun that may not be over, and in which boot, which no life survives.
  std::optional<RuntimeKind> livesIn;
  std::string bootId;
  bool yielded = false;      // gave its room to one of higher priority: holds no claim to it
  // Of this controller's life, boot clock.
  uint64_t notBeforeMs = 0;  // the earliest next start
  uint64_t awayUntilMs = 0;  // the runtime did not answer: nothing is asked of it before
  uint64_t startedMs = 0;    // of the running life; 0: none runs
  bool finished = false;     // ended, and the policy wants no further life
};

uint64_t backoffMs(uint32_t failures);

// A life is about to begin in this runtime, or was seen in it.
void onBegun(Run& run, RuntimeKind runtime, std::string_view bootId);
// That runtime has none any more.
void onGone(Run& run, RuntimeKind runtime);

// Another rendered service: its history begins anew, its incarnations go on.
void beginAnew(Run& run, const Hash& digest);
void onStarted(Run& run, uint64_t incarnation, uint64_t nowMs);
// Each life's end counts once, however often it is told and to however many controllers.
void onEnded(Run& run, const RestartSpec& restart, const Observed& how, uint64_t nowMs,
             int64_t wallMs);
void onStartFailed(Run& run, const RestartSpec& restart, std::string reason, uint64_t nowMs,
                   int64_t wallMs);
// Another restart rule for the same rendered service: judges anew what has ended already.
void onPolicyChanged(Run& run, const RestartSpec& restart, const Observed* seen);
// The runtime did not answer: nobody's failure.
void onRuntimeAway(Run& run, std::string reason, uint64_t nowMs);

}  // namespace skerry
