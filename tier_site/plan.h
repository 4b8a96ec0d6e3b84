// The plan for one instance, the last of the four decisions a site takes:
//
//   document ──► effective ──► place ──► plan ──► drivers
//                effective.h   placement/  here    drivers/
//
// Pure: from what is wanted, what is seen and the restart history to the one next step. Effective
// says what an application runs as here, place whether this host has it.
#pragma once
#include "tier_site/run.h"

namespace skerry {

// Whether a slot may have a life now.
enum class Standing : uint8_t {
  RUN,
  PAUSED,     // a person said so, here or by a block of central's: what lives is stopped
  NO_ROOM,    // none begins; what lives goes on
  PREEMPTED,  // its room went to one of higher priority: what lives is stopped
};

// What is wanted of one instance.
struct Slot {
  Rendered rendered;
  RestartSpec restart;
  Hash revision;
  int32_t priority = 0;
  Standing standing = Standing::RUN;
  std::string reason;  // of any other standing than RUN, for a person
  bool yields = false;  // its room was given to others: it holds no claim to any
  bool operator==(const Slot&) const = default;
};

struct RunStep {
  enum class Verb : uint8_t { NONE, START, STOP, REMOVE };
  Verb verb = Verb::NONE;
  uint64_t incarnation = 0;  // of a START
  uint64_t atMs = 0;         // NONE: look again then; 0: only when something changes
  bool operator==(const RunStep&) const = default;
};

// What to do about one instance now. `wanted` null: it should not exist; `seen` null: it does not.
// Stop-first: a life of another digest ends before its replacement begins.
RunStep nextStep(const Slot* wanted, const Observed* seen, const Run& run, uint64_t nowMs);

enum class RunState : uint8_t { PENDING, STARTING, RUNNING, BACKOFF, CRASH_LOOP, STOPPED, FAILED };
RunState stateOf(const Slot* wanted, const Observed* seen, const Run& run);

}  // namespace skerry
