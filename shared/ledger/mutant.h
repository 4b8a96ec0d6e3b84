// Known mistakes, one of which a test program built with SKERRY_MUTANTS can switch on to prove that
// the property tests would notice it. Without that definition the answer is a constant, so that no
// branch is left in the product.
#pragma once

namespace skerry {

enum class Mutant {
  NONE,
  REUSED_INCARNATION,      // a wiped replica writes under its old name
  NO_LIVE_DOTS,            // a join ignores what the other side removed
  NO_CARRIED_CHECK,        // a snapshot made for another context is joined
  CONTEXT_BEFORE_JOIN,     // the context is advanced before the entries are judged
  OLDER_ORDERS_SWEEP,      // an entry is ended by orders older than its author's
  OLDER_ORDERS_ACCEPTED,   // a version lower than the one held is taken
  ROOT_NOT_CHECKED,        // a version counts as held before its root matches
  BASIS_BY_POSITION,       // an override is bound to the revision instead of the value
  BASIS_OF_ASSIGNED,       // ... to the value of a revision that is not the selected one
  NO_PROJECTION_TABLE,     // the projector erases what it did not write
  RESTORE_WITHOUT_ERA,     // a restored parent goes on counting where its backup stopped
};

#ifdef SKERRY_MUTANTS
Mutant& mutantInForce();
inline bool mutated(Mutant mutant) { return mutantInForce() == mutant; }
#else
constexpr bool mutated(Mutant) { return false; }
#endif

}  // namespace skerry
