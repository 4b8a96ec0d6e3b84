// What of the wanted slots begins on this host: place() over the members of the site, of which this
// version knows one, and its answer as the standing of each slot. Pure.
#pragma once
#include "tier_site/placement/place.h"
#include "tier_site/plan.h"

namespace skerry {

struct ThisHost {
  uint32_t number = 0;
  Room capacity;
  // Slots it has: of what lives, or lived and is to live again. They keep their room.
  std::set<InstanceId> claimed;
  // Slots that gave their room to one of higher priority: they end until there is room again.
  std::set<InstanceId> yielded;
};

// A slot that has another standing than RUN already keeps that.
std::map<InstanceId, Slot> allot(std::map<InstanceId, Slot> slots, const ThisHost& here);

}  // namespace skerry
