// What many sites together say of one application, small enough to travel further up: merged, it is
// the same in whatever order and grouping it was merged. Pure.
#pragma once
#include "capnp/admin.capnp.h"
#include "capnp/status.capnp.h"
#include "shared/crypto/bytes.h"
#include "shared/journal/event.h"
#include <deque>
#include <kj/time.h>
#include <map>
#include <string>

namespace skerry {

constexpr size_t ROLLUP_KINDS_MAX = 64;        // of one application; more are not counted apart
constexpr size_t ROLLUP_APPLICATIONS_MAX = 10'000;
constexpr const char* ROLLUP_PREFIX = ".rollup/";  // of registers; no site is called so
constexpr auto ROLLUP_EVERY = 60 * kj::SECONDS;
constexpr int64_t ROLLUP_WINDOW_MS = 3'600'000;
constexpr int64_t ROLLUP_STEP_MS = 300'000;    // of the window

struct Rollup {
  uint32_t sites = 0;                        // that reported it
  std::map<std::string, uint32_t> states;    // instances
  std::map<std::string, uint32_t> lastHour;  // events by kind
  bool operator==(const Rollup&) const = default;

  void merge(const Rollup& other);
  // Lives that ended within the last hour.
  uint32_t ended() const;
};

// By `TENANT/APP`; what belongs to none under the empty name.
using Rollups = std::map<std::string, Rollup>;
void merge(Rollups& into, const Rollups& from);

// What happened, over all of them.
void writeLastHour(const Rollups& rollups, schema::TierStatus::Builder to);

Bytes encodeRollup(const Rollup& rollup);
Rollup decodeRollup(BytesView from);  // what cannot be read is empty

// Events of the last hour by application and kind, in steps. What happened earlier, told late, is
// not counted; what a clock that is ahead dates later counts as now.
class HourCounts {
public:
  void add(const Event& event, int64_t nowMs);
  // With the kinds of each application.
  Rollups sum(int64_t nowMs);

private:
  struct Step {
    int64_t beganMs;
    std::map<std::string, std::map<std::string, uint32_t>> counts;
  };
  void forgetOld(int64_t nowMs);
  std::deque<Step> steps;
};

}  // namespace skerry
