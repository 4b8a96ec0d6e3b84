#include "tier_central/shares.h"
#include <doctest/doctest.h>
#include <random>

namespace skerry {
namespace {

Quota instances(uint64_t count) {
  Quota quota;
  quota[Resource::INSTANCES] = count;
  return quota;
}
RegionUse use(uint64_t demand, uint64_t sites, std::optional<uint64_t> share = std::nullopt) {
  RegionUse made;
  made.demand[Resource::INSTANCES] = demand;
  made.sites = sites;
  if (share) made.share = instances(*share);
  return made;
}
uint64_t shareOf(const std::map<std::string, Quota>& shares, const std::string& region) {
  return shares.at(region)[Resource::INSTANCES].value();
}

TEST_CASE("a share is what is used and a part of the rest by the sites that match") {
  auto shares = allotShares(instances(20), {{"north", use(4, 1)}, {"south", use(6, 3)}});
  CHECK(shareOf(shares, "north") == 4 + 2);
  CHECK(shareOf(shares, "south") == 6 + 7);
  CHECK(!shares.at("north")[Resource::CPUS]);
}

TEST_CASE("a region without sites that match has no share") {
  auto shares = allotShares(instances(5), {{"north", use(0, 0)}, {"south", use(2, 1)}});
  CHECK(shareOf(shares, "north") == 0);
  CHECK(shareOf(shares, "south") == 5);
}

TEST_CASE("what a region has and needs is not taken from it for another that needs more") {
  auto shares = allotShares(instances(10), {{"north", use(9, 9, 4)}, {"south", use(6, 6, 6)}});
  CHECK(shareOf(shares, "south") == 6);
  CHECK(shareOf(shares, "north") == 4);
}

TEST_CASE("shares are never more than the quota, cover what fits, and keep what is needed") {
  for (uint32_t seed = 1; seed <= 1000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    auto upTo = [&](uint64_t most) { return random() % (most + 1); };
    Quota quota;
    for (auto resource : RESOURCES) {
      if (upTo(2) > 0) quota[resource] = upTo(1) ? upTo(100) : UINT64_MAX - upTo(3);
    }
    std::map<std::string, RegionUse> regions;
    for (uint64_t i = 0, count = upTo(6); i < count; ++i) {
      auto& region = regions["r" + std::to_string(i)];
      region.sites = upTo(5);
      for (auto resource : RESOURCES) {
        region.demand[resource] = upTo(40);
        if (upTo(2) > 0) region.share[resource] = upTo(60);
      }
    }
    auto shares = allotShares(quota, regions);
    REQUIRE(shares.size() == regions.size());
    for (auto resource : RESOURCES) {
      if (!quota[resource]) continue;
      unsigned __int128 all = 0, demand = 0, kept = 0;
      for (auto& [name, region] : regions) {
        all += shares.at(name)[resource].value();
        demand += region.demand[resource];
        kept += std::min(region.demand[resource],
                         region.share[resource].value_or(region.demand[resource]));
      }
      CHECK(bool(all <= *quota[resource]));
      for (auto& [name, region] : regions) {
        auto has = *shares.at(name)[resource], need = region.demand[resource];
        if (demand <= *quota[resource]) CHECK(has >= need);
        if (kept <= *quota[resource])
          CHECK(has >= std::min(need, region.share[resource].value_or(need)));
      }
    }
    // Given again what they have, regions keep all they need.
    auto next = regions;
    for (auto& [name, region] : next) region.share = shares.at(name);
    auto then = allotShares(quota, next);
    for (auto& [name, region] : regions) {
      for (auto resource : RESOURCES) {
        if (!quota[resource]) continue;
        CHECK(*then.at(name)[resource] >=
              std::min(*shares.at(name)[resource], region.demand[resource]));
      }
    }
  }
}

}  // namespace
}  // namespace skerry
