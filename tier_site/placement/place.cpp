#include "tier_site/placement/place.h"
#include "tier_site/placement/room.h"
#include "tier_site/placement/score.h"
#include <algorithm>
#include <optional>

namespace skerry {
namespace {

using Left = Placement::Left;

struct Host {
  HostRoom room;
  uint32_t weight;
  std::set<InstanceId> slots;
};

// The higher priority first, then the id.
struct Rank {
  int32_t priority;
  InstanceId slot;
  bool operator<(const Rank& other) const {
    return priority != other.priority ? priority > other.priority : slot < other.slot;
  }
};

class Placing {
public:
  Placing(const std::vector<Member>& members, const std::set<uint32_t>& live,
          const std::vector<Workload>& workloads, const std::vector<Claim>& claims)
      : claims(claims) {
    for (auto& member : members) {
      if (!live.contains(member.number)) continue;
      hosts.emplace(member.number, Host{HostRoom(member.capacity), member.weight, {}});
    }
    for (auto& workload : workloads) {
      work.emplace(workload.slot, &workload);
      waiting.insert({workload.priority, workload.slot});
    }
  }

  void keepClaimed() {
    std::map<InstanceId, const Claim*> best;
    for (auto& claim : claims) {
      auto found = work.find(claim.slot);
      bool counts = found != work.end() && claim.state != Claim::State::YIELDING &&
                    isFeasible(*found->second, claim.host);
      if (!counts) continue;
      auto& kept = best[claim.slot];
      if (kept == nullptr || isBetter(claim, *kept)) kept = &claim;
    }
    for (auto& [slot, claim] : best) {
      claimed.insert(slot);
      put(*work.at(slot), claim->host);
    }
  }

  void fill() {
    for (auto& rank : std::set<Rank>(waiting)) {
      auto& workload = *work.at(rank.slot);
      if (auto host = withRoom(workload)) put(workload, *host);
    }
  }

  // What gives way is tried again after all that is of higher priority, and has lower ones only to
  // preempt: so each slot gives way once at most.
  void preempt() {
    std::set<Rank> left;
    std::swap(left, waiting);
    while (!left.empty()) {
      auto rank = *left.begin();
      left.erase(left.begin());
      auto& workload = *work.at(rank.slot);
      if (auto host = withRoom(workload)) {
        put(workload, *host);
        continue;
      }
      auto victims = fewestVictims(workload);
      if (!victims) {
        waiting.insert(rank);
        continue;
      }
      for (auto& slot : victims->slots) {
        takeOff(slot, victims->host);
        left.insert({work.at(slot)->priority, slot});
      }
      put(workload, victims->host);
    }
  }

  Placement result(bool knowsRules) const {
    Placement placement;
    for (auto& [number, host] : hosts) {
      for (auto& slot : host.slots) placement.on.emplace(slot, number);
    }
    for (auto& rank : waiting) {
      placement.left.emplace(rank.slot, leftOut(*work.at(rank.slot), knowsRules));
    }
    return placement;
  }

private:
  struct Victims {
    uint32_t host = 0;
    std::vector<InstanceId> slots;
    int32_t highest = INT32_MIN;  // priority among them
    Score score;
  };

  bool isFeasible(const Workload& workload, uint32_t host) const {
    return hosts.contains(host) && (workload.hosts.empty() || workload.hosts.contains(host));
  }
  Score score(const Workload& workload, uint32_t host) const {
    return scoreOf(workload.slot, host, hosts.at(host).weight);
  }

  bool isBetter(const Claim& a, const Claim& b) const {
    bool aReady = a.state == Claim::State::READY, bReady = b.state == Claim::State::READY;
    if (aReady != bReady) return aReady;
    if (a.volumeEpoch != b.volumeEpoch) return a.volumeEpoch > b.volumeEpoch;
    if (a.n != b.n) return a.n > b.n;
    auto& workload = *work.at(a.slot);
    return score(workload, a.host).beats(score(workload, b.host));
  }

  void put(const Workload& workload, uint32_t number) {
    auto& host = hosts.at(number);
    host.room.take(workload.need);
    host.slots.insert(workload.slot);
    waiting.erase({workload.priority, workload.slot});
  }
  void takeOff(const InstanceId& slot, uint32_t number) {
    auto& host = hosts.at(number);
    host.room.giveBack(work.at(slot)->need);
    host.slots.erase(slot);
  }

  // The feasible host of the greatest score among those that `admits` says yes to.
  template <typename Admits>
  std::optional<uint32_t> best(const Workload& workload, Admits admits) const {
    std::optional<Score> best;
    for (auto& [number, host] : hosts) {
      if (!isFeasible(workload, number) || !admits(host)) continue;
      auto score = scoreOf(workload.slot, number, host.weight);
      if (!best || score.beats(*best)) best = score;
    }
    if (!best) return std::nullopt;
    return best->host;
  }
  std::optional<uint32_t> withRoom(const Workload& workload) const {
    return best(workload, [&](const Host& host) { return host.room.fits(workload.need); });
  }

  std::optional<Victims> fewestVictims(const Workload& workload) const {
    std::optional<Victims> best;
    for (auto& [number, host] : hosts) {
      if (!isFeasible(workload, number)) continue;
      auto victims = victimsOn(workload, number, host);
      if (!victims) continue;
      bool fewer = !best || victims->slots.size() < best->slots.size();
      bool equal = best && victims->slots.size() == best->slots.size();
      if (fewer || (equal && victims->highest < best->highest) ||
          (equal && victims->highest == best->highest && victims->score.beats(best->score))) {
        best = std::move(victims);
      }
    }
    return best;
  }

  // The fewest slots of lower priority whose room is enough, the lowest priorities first among
  // equals. With one resource that runs short it is the fewest; with two, near it.
  std::optional<Victims> victimsOn(const Workload& workload, uint32_t number,
                                   const Host& host) const {
    auto room = host.room;
    std::vector<const Workload*> lower, chosen;
    for (auto& slot : host.slots) {
      auto other = work.at(slot);
      if (other->priority < workload.priority) lower.push_back(other);
    }
    while (!room.fits(workload.need)) {
      auto lack = room.lacking(workload.need);
      auto next = std::max_element(lower.begin(), lower.end(), [&](auto a, auto b) {
        return isWorseVictim(*a, *b, lack);
      });
      if (next == lower.end() || relief(**next, lack) == 0) return std::nullopt;
      room.giveBack((*next)->need);
      chosen.push_back(*next);
      lower.erase(next);
    }
    // Some may have become unnecessary by those that came after them: the higher are spared first.
    std::sort(chosen.begin(), chosen.end(), [](auto a, auto b) {
      return Rank{a->priority, a->slot} < Rank{b->priority, b->slot};
    });
    Victims victims{number, {}, INT32_MIN, score(workload, number)};
    for (auto victim : chosen) {
      room.take(victim->need);
      if (room.fits(workload.need)) continue;
      room.giveBack(victim->need);
      victims.slots.push_back(victim->slot);
      victims.highest = std::max(victims.highest, victim->priority);
    }
    return victims;
  }

  // How much of what is lacking it would free: each resource in parts of the whole lack.
  using Wide = unsigned __int128;
  static Wide relief(const Workload& victim, const Room& lack) {
    Wide parts = 0;
    constexpr uint64_t WHOLE = 1 << 20;
    auto add = [&](uint64_t freed, uint64_t lacking) {
      if (lacking == 0 || freed == 0) return;
      parts += std::max<Wide>(1, Wide(std::min(freed, lacking)) * WHOLE / lacking);
    };
    add(victim.need.cpuMilli, lack.cpuMilli);
    add(victim.need.memoryBytes, lack.memoryBytes);
    return parts;
  }
  static bool isWorseVictim(const Workload& a, const Workload& b, const Room& lack) {
    auto byA = relief(a, lack), byB = relief(b, lack);
    if (byA != byB) return byA < byB;
    if (a.priority != b.priority) return a.priority > b.priority;
    return b.slot < a.slot;
  }

  Left leftOut(const Workload& workload, bool knowsRules) const {
    Left left;
    left.preempted = claimed.contains(workload.slot);
    auto nearest = best(workload, [](const Host&) { return true; });
    if (!nearest) {
      left.why = Left::Why::NO_HOST;
      return left;
    }
    left.why = knowsRules ? Left::Why::NO_ROOM : Left::Why::RULES;
    left.free = hosts.at(*nearest).room.free();
    return left;
  }

  const std::vector<Claim>& claims;
  std::map<uint32_t, Host> hosts;  // live ones
  std::map<InstanceId, const Workload*> work;
  std::set<Rank> waiting;          // not placed
  std::set<InstanceId> claimed;    // had a host
};

}  // namespace

Placement place(uint16_t docVersion, const std::vector<Member>& members,
                const std::set<uint32_t>& live, const std::vector<Workload>& workloads,
                const std::vector<Claim>& claims) {
  Placing placing(members, live, workloads, claims);
  placing.keepClaimed();
  bool knowsRules = docVersion == PLACEMENT_RULES;
  if (knowsRules) {
    placing.fill();
    placing.preempt();
  }
  return placing.result(knowsRules);
}

}  // namespace skerry
