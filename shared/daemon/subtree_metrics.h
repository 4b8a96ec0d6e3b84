// Metrics that mean the same at every tier: of a link, and of what is below.
#pragma once
#include "shared/daemon/rollup.h"
#include "shared/daemon/views.h"
#include "shared/http/exposition.h"

namespace skerry {

// The link to the tier above.
void measureUplink(Exposition& to, bool isUp, int64_t sinceMs);
// The newest word of central here; 0: none yet.
void measureAuthority(Exposition& to, int64_t headTimeMs);
// Every state, also those that no instance is in: a series that comes and goes cannot be watched.
void measureInstances(Exposition& to, const StateCounts& counts);

// What regions heard of the last hour.
void measureLastHour(Exposition& to, const Rollups& rollups);

// Children by whether they are there: that joined and are online, that joined and are not, that
// never came.
struct Attendance {
  uint32_t online = 0, offline = 0, pending = 0;
  void count(bool isOnline, bool cameOnce) {
    ++(isOnline ? online : cameOnce ? offline : pending);
  }
};
// Of the family begun last; `labels` besides the state.
void sampleAttendance(Exposition& to, Exposition::Labels labels, const Attendance& attendance);

}  // namespace skerry
