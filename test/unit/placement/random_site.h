// Sites drawn by chance: hosts of different sizes, workloads of different needs and priorities, and
// what happens to them. And what has to be true of any placement.
#pragma once
#include "test/sim/seeded_entropy.h"
#include "tier_site/placement/place.h"
#include <algorithm>
#include <string>

namespace skerry {

struct RandomSite {
  explicit RandomSite(uint64_t seed) : chance(seed) {
    auto hosts = chance.between(1, PLACEMENT_HOSTS_MAX);
    for (uint32_t i = 1; i <= hosts; ++i) addHost(i);
    equalPriorities = chance.chance(50);
    auto count = chance.between(0, 40);
    for (uint32_t i = 0; i < count; ++i) addWorkload();
  }

  void addHost(uint32_t number) {
    Member member;
    member.number = number;
    member.capacity = {chance.between(1, 8) * 1'000, chance.between(1, 16) << 30};
    member.weight = uint32_t(member.capacity.cpuMilli / 1'000);
    members.push_back(member);
    live.insert(number);
  }
  void addWorkload() {
    Workload workload;
    workload.slot = {"acme", "app", "s" + std::to_string(made++), 0};
    workload.priority = equalPriorities ? 0 : int32_t(chance.between(0, 4)) - 2;
    if (chance.chance(70)) workload.need.cpuMilli = chance.between(1, 30) * 100;
    if (chance.chance(70)) workload.need.memoryBytes = chance.between(1, 60) << 27;
    if (chance.chance(15)) workload.hosts = {members[chance.between(0, members.size() - 1)].number};
    workloads.push_back(workload);
  }

  Placement place() { return skerry::place(PLACEMENT_RULES, members, live, workloads, claims); }
  // Every host claims what it was given, as hosts do.
  void settle(const Placement& placement) {
    claims.clear();
    for (auto& [slot, host] : placement.on) {
      claims.push_back({slot, host, Claim::State::READY, 0, 1});
    }
  }
  template <typename T>
  void shuffle(std::vector<T>& list) {
    for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[chance.between(0, i - 1)]);
  }

  const Workload& workload(const InstanceId& slot) const {
    return *std::find_if(workloads.begin(), workloads.end(),
                         [&](auto& one) { return one.slot == slot; });
  }
  const Member& member(uint32_t number) const {
    return *std::find_if(members.begin(), members.end(),
                         [&](auto& one) { return one.number == number; });
  }
  // What slots of at least this priority take of a host.
  struct Taken {
    int32_t priority;
    Room need;
  };
  static Room taken(const std::vector<Taken>& there, int32_t priority = INT32_MIN) {
    Room sum;
    for (auto& one : there) {
      if (one.priority < priority) continue;
      sum.cpuMilli += one.need.cpuMilli;
      sum.memoryBytes += one.need.memoryBytes;
    }
    return sum;
  }
  static bool holds(const Room& capacity, const Room& taken, const Room& need) {
    return (need.cpuMilli == 0 || taken.cpuMilli + need.cpuMilli <= capacity.cpuMilli) &&
           (need.memoryBytes == 0 || taken.memoryBytes + need.memoryBytes <= capacity.memoryBytes);
  }

  // Empty, or what is wrong with it.
  std::string wrongWith(const Placement& placement) const {
    for (auto& one : workloads) {
      if (placement.on.count(one.slot) + placement.left.count(one.slot) != 1) {
        return one.slot.str() + " is neither placed nor left out, or both";
      }
    }
    if (placement.on.size() + placement.left.size() != workloads.size()) return "there are more";
    std::map<uint32_t, std::vector<Taken>> on;
    for (auto& [slot, host] : placement.on) {
      auto& one = workload(slot);
      if (!live.contains(host)) return slot.str() + " is on a host that is not live";
      if (!one.hosts.empty() && !one.hosts.contains(host)) return slot.str() + " is not feasible";
      on[host].push_back({one.priority, one.need});
    }
    for (auto number : live) {
      auto sum = taken(on[number]);
      auto& capacity = member(number).capacity;
      if (sum.cpuMilli > capacity.cpuMilli || sum.memoryBytes > capacity.memoryBytes) {
        return "host " + std::to_string(number) + " has more than fits";
      }
    }
    for (auto& [slot, left] : placement.left) {
      auto& one = workload(slot);
      for (auto number : live) {
        if (!one.hosts.empty() && !one.hosts.contains(number)) continue;
        if (holds(member(number).capacity, taken(on[number], one.priority), one.need)) {
          return slot.str() + " is left out though only lower ones are in its way at host " +
                 std::to_string(number);
        }
      }
    }
    return "";
  }

  SeededEntropy chance;
  std::vector<Member> members;
  std::set<uint32_t> live;
  std::vector<Workload> workloads;
  std::vector<Claim> claims;
  bool equalPriorities = false;
  uint32_t made = 0;
};

}  // namespace skerry
