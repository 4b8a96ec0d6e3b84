// The `join` verb of a region and a site: reads the token wherever it is, says what came of it.
#pragma once
#include "shared/daemon/program.h"
#include "shared/pki/token.h"

namespace skerry {

// What a join came to, for a person.
struct JoinOutcome {
  bool ok = false;
  std::string text, reason;  // who it is now; or why not, and a stable word
};

using Join = kj::Function<kj::Promise<JoinOutcome>(Host& host, const Transport& transport,
                                                   Token token)>;

// `token`: the token itself, `@FILE`, or `-` for standard input; of another kind than `kind` it is
// refused. Answers the exit code.
int runJoin(const std::string& dataFolder, const std::string& token, TokenKind kind, Join join);

}  // namespace skerry
