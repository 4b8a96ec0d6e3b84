// Which host of a site runs which slot: a pure function over integers, the same on every host.
//
//   pass 1  keeps every slot on the live, feasible host that has the best claim to it
//   pass 2  places the others by priority, then id: on the host with room and the greatest score
//   pass 3  for what is left out: gives up the fewest slots of lower priority that make room for it
//
// Pass 1 asks for no room: what runs goes on, also where more was declared than the host has.
// Passes 2 and 3 never put on a host what does not fit. So silence changes nothing, and a host or a
// workload that comes or goes moves no slot but its own. (Without pass 1 the same hashing moved
// 22 % of the slots that had nothing to do with the change.)
//
// Scores are weighted rendezvous hashes: Thaler and Ravishankar, "Using name-based mappings to
// increase hit rates", 1998; the weights by Schindelhauer and Schomaker, "Weighted distributed hash
// tables", 2005. Compared without division, so no rounding differs between machines.
#pragma once
#include "tier_site/drivers/instance.h"
#include <set>

namespace skerry {

constexpr size_t PLACEMENT_HOSTS_MAX = 16;
// The rules that this version knows.
constexpr uint16_t PLACEMENT_RULES = 1;

// What a service needs (0: nothing in particular) or a host has (UINT64_MAX: no bound is known).
struct Room {
  uint64_t cpuMilli = 0;     // thousandths of a CPU
  uint64_t memoryBytes = 0;
  bool operator==(const Room&) const = default;
};

struct Member {
  uint32_t number = 0;  // of the host: its writer number
  Room capacity;
  uint32_t weight = 1;  // a host of twice the weight gets twice the slots; above 0
};

struct Workload {
  InstanceId slot;
  int32_t priority = 0;
  Room need;
  std::set<uint32_t> hosts;  // the only ones that will do; empty: any
};

// A host says that it has the slot. Its owner alone writes it.
struct Claim {
  enum class State : uint8_t { STARTING, READY, YIELDING };
  InstanceId slot;
  uint32_t host = 0;
  State state = State::STARTING;  // one that is given up keeps nothing
  uint64_t volumeEpoch = 0;       // how new the data is that lies there
  uint64_t n = 0;                 // 1 + the greatest seen when it was made
};

struct Placement {
  struct Left {
    // NO_HOST: none that will do is live. RULES: newer than this version knows, so nothing begins.
    enum class Why : uint8_t { NO_HOST, NO_ROOM, RULES };
    Why why = Why::NO_ROOM;
    bool preempted = false;  // it had a host, and gave way
    Room free;               // of the host that came nearest
    bool operator==(const Left&) const = default;
  };
  std::map<InstanceId, uint32_t> on;  // slot -> host
  std::map<InstanceId, Left> left;    // every other slot
  bool operator==(const Placement&) const = default;
};

// Members, workloads and claims in any order, each named once (claims: by slot and host); claims by
// unknown hosts or to unknown slots count for nothing.
Placement place(uint16_t docVersion, const std::vector<Member>& members,
                const std::set<uint32_t>& live, const std::vector<Workload>& workloads,
                const std::vector<Claim>& claims);

}  // namespace skerry
