// The `join` verb of a region and a site: reads the token wherever it is, looks at the machine
// before anybody is asked, and says what came of it and what is still missing.
#pragma once
#include "shared/daemon/joining.h"
#include "shared/daemon/program.h"
#include "shared/model/finding.h"

namespace skerry {

struct JoinSteps {
  // One problem, and joining does not begin. Warnings are told.
  using Before = kj::Function<kj::Promise<Findings>(Host& host, const Transport& transport,
                                                    const Token& token)>;
  using Join = kj::Function<kj::Promise<JoinOutcome>(Host& host, const Transport& transport,
                                                     Token token)>;
  // What this machine lacks to bring its applications back after a power cut.
  using After = kj::Function<kj::Promise<Findings>(Host& host)>;
  // Starts to serve, or says how; a sentence or two for a person.
  using Start = kj::Function<kj::Promise<std::string>(Host& host)>;
  Before before;
  Join join;
  Start start;
  After after;
};

// `token`: the token itself, `@FILE`, or `-` for standard input; of another kind than `kind` it is
// refused. Answers the exit code.
int runJoin(const std::string& dataFolder, const std::string& token, TokenKind kind,
            JoinSteps steps);

}  // namespace skerry
