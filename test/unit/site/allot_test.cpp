#include "tier_site/allot.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr uint64_t GIBIBYTE = 1 << 30;

InstanceId idOf(const std::string& service) { return {"acme", "pos", service, 0}; }

struct Site {
  std::map<InstanceId, Slot> slots;
  ThisHost here{5, {2'000, 2 * GIBIBYTE}, {}, {}};

  Slot& add(const std::string& service, uint64_t cpuMilli, uint64_t memory, int32_t priority = 0) {
    auto& slot = slots[idOf(service)];
    slot.rendered.id = idOf(service);
    slot.rendered.limits.cpuMilli = cpuMilli;
    slot.rendered.limits.memoryBytes = memory;
    slot.priority = priority;
    return slot;
  }
  Slot get(const std::string& service) const { return allot(slots, here).at(idOf(service)); }
};

TEST_CASE("what fits runs, and services without limits always fit") {
  Site site;
  site.add("web", 2'000, 2 * GIBIBYTE);
  site.add("free", 0, 0);
  CHECK(allot(site.slots, site.here) == site.slots);
}

TEST_CASE("what does not fit waits, with what it lacks as the reason") {
  Site site;
  site.add("web", 1'500, GIBIBYTE);
  site.here.claimed = {idOf("web")};
  site.add("more", 1'000, 100);
  CHECK(site.get("more").standing == Standing::NO_ROOM);
  CHECK(site.get("more").reason == "no room on this host: cpus 1 (500m free)");
  site.add("more", 100, 3 * GIBIBYTE);
  CHECK(site.get("more").reason == "no room on this host: memory 3Gi (1Gi free)");
  CHECK(!site.get("more").yields);
}

TEST_CASE("what has its place keeps it, also on a host that never had the room") {
  Site site;
  site.add("big", 9'000, 90 * GIBIBYTE);
  site.here.claimed = {idOf("big")};
  CHECK(site.get("big").standing == Standing::RUN);
}

TEST_CASE("one of higher priority gets the room, the other gives way and stays away") {
  Site site;
  site.add("low", 1'500, 0, 0);
  site.here.claimed = {idOf("low")};
  site.add("high", 1'000, 0, 5);
  auto low = site.get("low");
  CHECK(low.standing == Standing::PREEMPTED);
  CHECK(low.yields);
  CHECK(low.reason.find("higher priority") != std::string::npos);
  CHECK(site.get("high").standing == Standing::RUN);
  // From now on it holds no claim: both decisions stay as they are.
  site.here.claimed = {idOf("high")};
  site.here.yielded = {idOf("low")};
  CHECK(site.get("low").standing == Standing::PREEMPTED);
  CHECK(site.get("low").yields);
  // Until there is room.
  site.slots.erase(idOf("high"));
  CHECK(site.get("low").standing == Standing::RUN);
  CHECK(!site.get("low").yields);
}

TEST_CASE("what is paused keeps its room and its reason") {
  Site site;
  auto& paused = site.add("paused", 2'000, 0);
  paused.standing = Standing::PAUSED;
  paused.reason = "paused by kim";
  site.here.claimed = {idOf("paused")};
  site.add("web", 1'000, 0);
  CHECK(site.get("paused").standing == Standing::PAUSED);
  CHECK(site.get("web").standing == Standing::NO_ROOM);
  // From one of higher priority nothing is kept.
  site.add("web", 1'000, 0, 1);
  CHECK(site.get("web").standing == Standing::RUN);
  CHECK(site.get("paused").reason == "paused by kim");
  CHECK(site.get("paused").yields);
}

}  // namespace
}  // namespace skerry
