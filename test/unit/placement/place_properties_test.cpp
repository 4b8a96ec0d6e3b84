#include "test/unit/placement/random_site.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr uint64_t SITES = 2'000;

TEST_CASE("equal inputs are placed equally, in whatever order they come") {
  for (uint64_t seed = 1; seed <= SITES; ++seed) {
    RandomSite site(seed);
    auto first = site.place();
    if (seed % 2 == 0) site.settle(first);
    auto placed = site.place();
    site.shuffle(site.members);
    site.shuffle(site.workloads);
    site.shuffle(site.claims);
    CHECK_MESSAGE(site.place() == placed, "seed " << seed);
  }
}

TEST_CASE("no host has more than fits, and none is left out for one of lower priority") {
  for (uint64_t seed = 1; seed <= SITES; ++seed) {
    RandomSite site(seed);
    for (int change = 0; change < 4; ++change) {
      auto placed = site.place();
      auto wrong = site.wrongWith(placed);
      REQUIRE_MESSAGE(wrong.empty(), "seed " << seed << ": " << wrong);
      site.settle(placed);
      site.addWorkload();
    }
  }
}

// What happens at a site.
void change(RandomSite& site) {
  auto dice = site.chance.between(0, 3);
  if (dice == 0) {
    site.addWorkload();
  } else if (dice == 1 && !site.workloads.empty()) {
    auto at = site.chance.between(0, site.workloads.size() - 1);
    site.workloads.erase(site.workloads.begin() + ptrdiff_t(at));
  } else if (dice == 2 && site.members.size() < PLACEMENT_HOSTS_MAX) {
    site.addHost(uint32_t(site.members.size() + 1));
  } else {
    auto number = site.members[site.chance.between(0, site.members.size() - 1)].number;
    if (!site.live.erase(number)) site.live.insert(number);
  }
}

TEST_CASE("a host or a workload that comes or goes moves no slot but its own") {
  size_t unaffected = 0, gaveWay = 0;
  for (uint64_t seed = 1; seed <= SITES; ++seed) {
    RandomSite site(seed);
    auto before = site.place();
    for (int i = 0; i < 8; ++i) {
      site.settle(before);
      change(site);
      auto after = site.place();
      auto wrong = site.wrongWith(after);
      REQUIRE_MESSAGE(wrong.empty(), "seed " << seed << ": " << wrong);
      for (auto& [slot, host] : before.on) {
        bool isThere = after.on.contains(slot) || after.left.contains(slot);
        if (!isThere || !site.live.contains(host)) continue;
        auto now = after.on.find(slot);
        if (now != after.on.end() && now->second == host) {
          ++unaffected;
          continue;
        }
        // It gave way: to one of higher priority that is there now and was not before.
        ++gaveWay;
        bool isExplained = false;
        for (auto& [other, on] : after.on) {
          auto was = before.on.find(other);
          bool isNew = was == before.on.end() || was->second != on;
          isExplained |= on == host && isNew &&
                         site.workload(other).priority > site.workload(slot).priority;
        }
        REQUIRE_MESSAGE(isExplained, "seed " << seed << ": " << slot.str() << " moved");
      }
      before = after;
    }
  }
  CHECK(unaffected > 100'000);
  CHECK(gaveWay > 100);
}

TEST_CASE("on one host everything that fits is placed, and what does not is left out") {
  for (uint64_t seed = 1; seed <= SITES; ++seed) {
    RandomSite site(seed);
    site.members.resize(1);
    site.live = {1};
    Room sum;
    for (auto& one : site.workloads) {
      one.hosts.clear();
      sum.cpuMilli += one.need.cpuMilli;
      sum.memoryBytes += one.need.memoryBytes;
    }
    auto placed = site.place();
    REQUIRE_MESSAGE(site.wrongWith(placed) == "", "seed " << seed);
    site.members[0].capacity = sum;
    REQUIRE_MESSAGE(site.place().left.empty(), "seed " << seed);
  }
}

TEST_CASE("hosts get shares of the slots in proportion to their weights") {
  std::vector<Member> members{{1, {UINT64_MAX, UINT64_MAX}, 1}, {2, {UINT64_MAX, UINT64_MAX}, 2},
                              {3, {UINT64_MAX, UINT64_MAX}, 5}};
  std::vector<Workload> workloads(8'000);
  for (size_t i = 0; i < workloads.size(); ++i) {
    workloads[i].slot = {"acme", "app", "s" + std::to_string(i), 0};
  }
  auto placed = place(PLACEMENT_RULES, members, {1, 2, 3}, workloads, {});
  std::map<uint32_t, size_t> shares;
  for (auto& [slot, host] : placed.on) ++shares[host];
  CHECK(std::abs(int(shares[1]) - 1'000) < 100);
  CHECK(std::abs(int(shares[2]) - 2'000) < 150);
  CHECK(std::abs(int(shares[3]) - 5'000) < 150);
}

}  // namespace
}  // namespace skerry
