#include "shared/ledger/incarnation.h"
#include "shared/ledger/ledger_limits.h"
#include "shared/ledger/mutant.h"

namespace skerry {

HistoryVerdict judgeHistory(const HistoryFacts& facts) {
  if (facts.isNewDatabase) return HistoryVerdict::NEW_DATABASE;
  if (facts.wasRestored) return HistoryVerdict::RESTORED;
  if (facts.nonceInDatabase != facts.nonceInFile) return HistoryVerdict::NONCES_DIFFER;
  return HistoryVerdict::INTACT;
}

ClaimVerdict judgeClaim(const ClaimFacts& facts) {
  if (facts.claimed <= facts.minted) return ClaimVerdict::TRUE_OF_US;
  if (facts.isProven || facts.unprovenToday < UNPROVEN_CLAIMS_PER_DAY) {
    return ClaimVerdict::FORGOTTEN;
  }
  return ClaimVerdict::REFUSE_PEER;
}

uint64_t incarnationFrom(uint64_t random) {
  if (mutated(Mutant::REUSED_INCARNATION)) return 1;
  return random == 0 ? 1 : random;
}

}  // namespace skerry
