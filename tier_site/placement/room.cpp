#include "tier_site/placement/room.h"
#include <algorithm>

namespace skerry {
namespace {

using Wide = unsigned __int128;

// Who needs nothing in particular misses nothing, even on a host that has given away too much.
uint64_t lack(Wide taken, uint64_t need, uint64_t capacity) {
  if (need == 0 || taken + need <= capacity) return 0;
  return uint64_t(std::min<Wide>(taken + need - capacity, UINT64_MAX));
}

}  // namespace

void HostRoom::take(const Room& need) {
  cpu += need.cpuMilli;
  memory += need.memoryBytes;
}

void HostRoom::giveBack(const Room& need) {
  cpu -= need.cpuMilli;
  memory -= need.memoryBytes;
}

Room HostRoom::lacking(const Room& need) const {
  return {lack(cpu, need.cpuMilli, capacity.cpuMilli),
          lack(memory, need.memoryBytes, capacity.memoryBytes)};
}

bool HostRoom::fits(const Room& need) const { return lacking(need) == Room(); }

Room HostRoom::free() const {
  return {capacity.cpuMilli > cpu ? uint64_t(capacity.cpuMilli - cpu) : 0,
          capacity.memoryBytes > memory ? uint64_t(capacity.memoryBytes - memory) : 0};
}

}  // namespace skerry
