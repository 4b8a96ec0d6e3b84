// Ends entries of the local half whose time has passed, counted on this host's boot clock alone:
// a wall clock that is years off, frozen or jumping ends nothing early and keeps nothing for ever.
//
// Time counts while this host runs and knows the entry; time without power is not counted, so the
// end may be late, never early. What is kept is one clock of counted time, saved now and then, and
// for each entry what it showed when the entry was first seen: so a host that is switched off every
// evening still gets there. Any host may remove an entry; the first to get there does.
#pragma once
#include "shared/ledger/local.h"

namespace skerry {

class Expiry {
public:
  // Counts up to now and answers the entries whose time has passed; the caller removes them.
  // `bootMs` counts from the boot named `bootId`.
  std::vector<Dot> tick(const Local& local, const std::string& bootId, uint64_t bootMs,
                        RowChanges& rows);
  // What is left of an entry's time; nothing when it does not expire.
  std::optional<uint64_t> leftMs(const Local& local, const Dot& dot) const;
  void load(const StoredRows& rows);

  // Counted time, over all boots of this host.
  uint64_t clockMs() const { return clock; }

private:
  void advance(const std::string& bootId, uint64_t bootMs);
  void follow(const Local& local, RowChanges& rows);

  uint64_t clock = 0, savedClock = 0;
  std::string lastBootId;
  uint64_t lastBootMs = 0;
  std::map<Dot, uint64_t> firstSeen;        // entries that expire, on the clock
  std::optional<uint64_t> followedChanges;  // of Local, up to which firstSeen is right
};

}  // namespace skerry
