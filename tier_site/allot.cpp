#include "tier_site/allot.h"
#include "shared/model/size_text.h"

namespace skerry {
namespace {

using Left = Placement::Left;

// What is missing, in the words of the manifest, and what there is.
std::string noRoom(const Room& need, const Room& free) {
  std::string text;
  auto add = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (need.cpuMilli > free.cpuMilli) {
    add("cpus " + printCpuMilli(need.cpuMilli) + " (" + printCpuMilli(free.cpuMilli) + " free)");
  }
  if (need.memoryBytes > free.memoryBytes) {
    constexpr uint64_t MEBIBYTE = 1 << 20;
    auto whole = free.memoryBytes / MEBIBYTE * MEBIBYTE;
    add("memory " + printSize(need.memoryBytes) + " (" + printSize(whole) + " free)");
  }
  return "no room on this host: " + text;
}

std::string reasonOf(const Left& left, const Room& need, bool yields) {
  switch (left.why) {
    case Left::Why::NO_HOST: return "no host of this site will do";
    case Left::Why::RULES: return "this site is to be placed by newer rules: upgrade this host";
    case Left::Why::NO_ROOM: break;
  }
  return yields ? "gave way to an application of higher priority" : noRoom(need, left.free);
}

Room needOf(const Slot& slot) {
  return {slot.rendered.limits.cpuMilli, slot.rendered.limits.memoryBytes};
}

}  // namespace

std::map<InstanceId, Slot> allot(std::map<InstanceId, Slot> slots, const ThisHost& here) {
  std::vector<Workload> workloads;
  std::vector<Claim> claims;
  for (auto& [id, slot] : slots) {
    workloads.push_back({id, slot.priority, needOf(slot), {}});
    bool yields = here.yielded.contains(id);
    if (!yields && !here.claimed.contains(id)) continue;
    auto state = yields ? Claim::State::YIELDING : Claim::State::READY;
    claims.push_back({id, here.number, state, 0, 1});
  }
  Member self{here.number, here.capacity, 1};
  auto placed = place(PLACEMENT_RULES, {self}, {here.number}, workloads, claims);
  for (auto& [id, left] : placed.left) {
    auto& slot = slots.at(id);
    slot.yields = left.preempted || here.yielded.contains(id);
    if (slot.standing != Standing::RUN) continue;
    slot.standing = slot.yields ? Standing::PREEMPTED : Standing::NO_ROOM;
    slot.reason = reasonOf(left, needOf(slot), slot.yields);
  }
  return slots;
}

}  // namespace skerry
