// The room of one host while slots are put on it and taken off.
#pragma once
#include "tier_site/placement/place.h"

namespace skerry {

class HostRoom {
public:
  explicit HostRoom(const Room& capacity) : capacity(capacity) {}

  void take(const Room& need);
  void giveBack(const Room& need);
  bool fits(const Room& need) const;
  // What is missing for `need`: zero in both when it fits.
  Room lacking(const Room& need) const;
  Room free() const;

private:
  using Wide = unsigned __int128;  // a sum of declared limits has no bound
  Room capacity;
  Wide cpu = 0, memory = 0;
};

}  // namespace skerry
