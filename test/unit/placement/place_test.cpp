#include "tier_site/placement/place.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

using State = Claim::State;
using Why = Placement::Left::Why;

InstanceId slotNamed(const std::string& service) { return {"acme", "pos", service, 0}; }

Workload needing(const std::string& service, uint64_t cpuMilli, int32_t priority = 0) {
  Workload workload;
  workload.slot = slotNamed(service);
  workload.priority = priority;
  workload.need.cpuMilli = cpuMilli;
  return workload;
}

struct Site {
  std::vector<Member> members{{1, {2'000, 1 << 30}, 1}, {2, {2'000, 1 << 30}, 1}};
  std::set<uint32_t> live{1, 2};
  std::vector<Workload> workloads;
  std::vector<Claim> claims;

  Placement place(uint16_t rules = PLACEMENT_RULES) const {
    return skerry::place(rules, members, live, workloads, claims);
  }
  uint32_t hostOf(const std::string& service) const { return place().on.at(slotNamed(service)); }
};

TEST_CASE("a claim keeps its slot where it is, whatever the hash says") {
  for (uint32_t host : {1u, 2u}) {
    Site site;
    site.workloads = {needing("web", 100)};
    site.claims = {{slotNamed("web"), host, State::STARTING, 0, 1}};
    CHECK(site.hostOf("web") == host);
  }
}

TEST_CASE("of two claims the ready one wins, then the newer volume, then the greater number") {
  Site site;
  site.workloads = {needing("web", 100)};
  Claim one{slotNamed("web"), 1, State::STARTING, 9, 9}, two{slotNamed("web"), 2, State::READY};
  site.claims = {one, two};
  CHECK(site.hostOf("web") == 2);
  one.state = State::READY;
  two.volumeEpoch = 10;
  site.claims = {one, two};
  CHECK(site.hostOf("web") == 2);
  one.volumeEpoch = 10;
  site.claims = {one, two};
  CHECK(site.hostOf("web") == 1);
}

TEST_CASE("a claim of a dead host, of one that will not do, or that is given up keeps nothing") {
  Site site;
  site.workloads = {needing("web", 100)};
  site.claims = {{slotNamed("web"), 1, State::READY, 0, 1}};
  site.live = {2};
  CHECK(site.hostOf("web") == 2);
  site.live = {1, 2};
  site.workloads[0].hosts = {2};
  CHECK(site.hostOf("web") == 2);
  site.claims = {{slotNamed("web"), 2, State::YIELDING, 0, 1}};
  site.members[1].capacity.cpuMilli = 50;
  CHECK(site.place().left.contains(slotNamed("web")));
}

TEST_CASE("what runs goes on where more is declared than there is, and nothing is added") {
  Site site;
  site.live = {1};
  site.workloads = {needing("big", 5'000), needing("new", 100, 5), needing("free", 0)};
  site.claims = {{slotNamed("big"), 1, State::READY, 0, 1}};
  site.workloads[0].priority = 9;
  auto placed = site.place();
  CHECK(placed.on.at(slotNamed("big")) == 1);
  CHECK(placed.on.contains(slotNamed("free")));
  CHECK(placed.left.at(slotNamed("new")).why == Why::NO_ROOM);
  CHECK(placed.left.at(slotNamed("new")).free.cpuMilli == 0);
}

TEST_CASE("one of higher priority takes the room of the fewest, the lowest first") {
  Site site;
  site.live = {1};
  site.workloads = {needing("a", 500, 1), needing("b", 500, 0), needing("c", 1'000, 2)};
  for (auto& one : site.workloads) site.claims.push_back({one.slot, 1, State::READY, 0, 1});
  site.workloads.push_back(needing("first", 400, 5));
  auto placed = site.place();
  CHECK(placed.on.contains(slotNamed("first")));
  CHECK(placed.on.size() == 3);
  CHECK(placed.left.at(slotNamed("b")).preempted);
  // The fewest, where none is lower than another.
  for (auto& one : site.workloads) one.priority = 1;
  site.workloads.back() = needing("first", 900, 5);
  placed = site.place();
  CHECK(placed.left.size() == 1);
  CHECK(placed.left.contains(slotNamed("c")));
  // Never for an equal.
  site.workloads.back() = needing("first", 900, 1);
  placed = site.place();
  CHECK(placed.left.size() == 1);
  CHECK(placed.left.contains(slotNamed("first")));
}

TEST_CASE("what gives way on one host is placed on another that has room") {
  Site site;
  site.workloads = {needing("low", 1'500, 0), needing("high", 1'000, 5)};
  site.workloads[1].hosts = {1};
  site.claims = {{slotNamed("low"), 1, State::READY, 0, 1}};
  auto placed = site.place();
  CHECK(placed.on.at(slotNamed("high")) == 1);
  CHECK(placed.on.at(slotNamed("low")) == 2);
  CHECK(placed.left.empty());
}

TEST_CASE("when nothing that could give way is enough, nobody gives way") {
  Site site;
  site.live = {1};
  site.workloads = {needing("low", 1'500, 0), needing("huge", 2'500, 5)};
  site.claims = {{slotNamed("low"), 1, State::READY, 0, 1}};
  auto placed = site.place();
  CHECK(placed.on.contains(slotNamed("low")));
  CHECK(placed.left.at(slotNamed("huge")).free.cpuMilli == 500);
}

TEST_CASE("each resource counts for itself") {
  Site site;
  site.live = {1};
  Workload memory = needing("memory", 0), both = needing("both", 100);
  memory.need.memoryBytes = 1 << 30;
  both.need.memoryBytes = 1;
  site.workloads = {memory, both, needing("cpu", 2'000)};
  site.claims = {{slotNamed("memory"), 1, State::READY, 0, 1}};
  auto placed = site.place();
  CHECK(placed.on.contains(slotNamed("cpu")));
  CHECK(placed.left.contains(slotNamed("both")));
}

TEST_CASE("under rules that are newer than ours what runs stays and nothing new begins") {
  Site site;
  site.workloads = {needing("old", 100), needing("new", 100)};
  site.claims = {{slotNamed("old"), 2, State::READY, 0, 1}};
  auto placed = site.place(PLACEMENT_RULES + 1);
  CHECK(placed.on == std::map<InstanceId, uint32_t>{{slotNamed("old"), 2}});
  CHECK(placed.left.at(slotNamed("new")).why == Why::RULES);
}

TEST_CASE("without a live host that will do everything is left out, and says so") {
  Site site;
  site.workloads = {needing("web", 0)};
  site.workloads[0].hosts = {7};
  CHECK(site.place().left.at(slotNamed("web")).why == Why::NO_HOST);
  site.workloads[0].hosts.clear();
  site.live.clear();
  CHECK(site.place().left.at(slotNamed("web")).why == Why::NO_HOST);
}

TEST_CASE("claims by hosts and to slots that nobody knows count for nothing") {
  Site site;
  site.workloads = {needing("web", 100)};
  site.claims = {{slotNamed("web"), 77, State::READY, 0, 1},
                 {slotNamed("gone"), 1, State::READY, 0, 1}};
  CHECK(site.place().on.size() == 1);
}

TEST_CASE("where a slot goes is the same in every build and on every machine") {
  Site site;
  site.members.push_back({3, {2'000, 1 << 30}, 4});
  site.live = {1, 2, 3};
  std::string hosts;
  for (int i = 0; i < 16; ++i) {
    site.workloads = {needing("s" + std::to_string(i), 0)};
    hosts += std::to_string(site.place().on.begin()->second);
  }
  CHECK(hosts == "3333313333233313");
}

}  // namespace
}  // namespace skerry
