// Weighted rendezvous scores, without floating point.
#pragma once
#include "tier_site/drivers/instance.h"

namespace skerry {

// How much a host of `weight` (above 0) attracts a slot. Over all slots, the host with the greatest
// score has a share of them that is proportional to its weight.
struct Score {
  uint64_t distance = 1;  // -log2 of the slot's hash at this host as a fraction, in 2^-32; above 0
  uint32_t weight = 1;
  uint32_t host = 0;
  // Total over hosts of different numbers: weight / distance, then the lower number.
  bool beats(const Score& other) const;
};

Score scoreOf(const InstanceId& slot, uint32_t host, uint32_t weight);

}  // namespace skerry
