// Joining, as regions and sites do it alike: asks the parent, keeps what it answered.
//
//   the keys are made and kept ──► the parent answers ──► the store's first rows ──► the tier's own
//   files ──► the certificate, with which the folder counts as joined
//
// so that a join that was cut at any moment is asked for again by the same keys.
#pragma once
#include "shared/daemon/self.h"
#include "shared/link/enroll.h"
#include "shared/pki/token.h"

namespace skerry {

// What a join came to, for a person.
struct JoinOutcome {
  bool ok = false;
  std::string text, reason;  // who it is now; or why not, and a stable word
};

// Whose folder it becomes.
struct Joining {
  TokenKind kind;
  kj::StringPtr database;
};

// FAILED when the folder joined before, or the token is for another kind of machine.
void requireFree(Host& host, const Joining& joining, const Token& token);

// What the tier adds; each is called once, and only after the parent said yes.
struct JoinKept {
  // To what the store knows first. `self` is filled but for what only the tier knows.
  kj::Function<void(const Enrolled& enrolled, Self& self, Batch& rows)> rows;
  // Its own files; and what to tell a person.
  kj::Function<JoinOutcome(Enrolled& enrolled)> files;
};

// `host` and `transport` outlive the promise. DISCONNECTED when nobody answered.
kj::Promise<JoinOutcome> joinParent(Host& host, const Transport& transport, const Joining& joining,
                                    Token token, const Joiner& joiner, JoinKept kept);

}  // namespace skerry
