// When a replica must take a new name for its writes. A dot names one write for ever; a database
// that forgot some of its own writes would give their dots to others, and every peer would discard
// the new writes as seen. So each history of a database has a random incarnation, and whatever
// casts doubt on the history ends it. Pure rules; the caller brings the facts.
#pragma once
#include "shared/crypto/bytes.h"

namespace skerry {

// Facts at the start of a daemon. The nonce is random, rewritten at each start in the database and
// in a file beside it: they differ when one of the two was put back.
struct HistoryFacts {
  bool isNewDatabase = false;
  bool wasRestored = false;
  Bytes nonceInDatabase, nonceInFile;
};

enum class HistoryVerdict { INTACT, NEW_DATABASE, RESTORED, NONCES_DIFFER };
// Anything but INTACT: take a new incarnation before the next write.
HistoryVerdict judgeHistory(const HistoryFacts& facts);

// A peer says how many of our writes it has seen.
struct ClaimFacts {
  uint64_t minted = 0;       // writes of our present incarnation
  uint64_t claimed = 0;      // what the peer says of the same
  bool isProven = false;     // it showed an entry of ours that we do not know
  unsigned unprovenToday = 0;
};

enum class ClaimVerdict {
  TRUE_OF_US,    // nothing we do not know
  FORGOTTEN,     // we lost writes: take a new incarnation before the next one
  REFUSE_PEER,   // too many claims that nobody can prove: alarm
};
ClaimVerdict judgeClaim(const ClaimFacts& facts);

// A usable incarnation out of 8 random bytes: never 0.
uint64_t incarnationFrom(uint64_t random);

}  // namespace skerry
