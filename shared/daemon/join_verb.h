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
  // `proxy`: what `host` dials through, to be remembered; empty: none.
  using Join = kj::Function<kj::Promise<JoinOutcome>(Host& host, const Transport& transport,
                                                     Token token, std::string proxy)>;
  // What this machine lacks to bring its applications back after a power cut.
  using After = kj::Function<kj::Promise<Findings>(Host& host)>;
  // Starts to serve, or says how; a sentence or two for a person.
  using Start = kj::Function<kj::Promise<std::string>(Host& host)>;
  kj::StringPtr database;  // where the link is remembered
  Before before;
  Join join;
  Start start;
  After after;
};

struct JoinWords {
  std::string token;  // the token itself, `@FILE`, or `-` for standard input
  std::string proxy;  // a URL; empty: none
};
constexpr const char* PROXY_OPTION =
    "http://[USER:PASSWORD@]HOST:PORT, an HTTP proxy through which its parent is dialled";

// A token of another kind than `kind` is refused. Answers the exit code.
int runJoin(const std::string& dataFolder, const JoinWords& words, TokenKind kind,
            JoinSteps steps);
// Of a token that was read already, through a proxy whose URL is good.
int runJoin(const std::string& dataFolder, const Token& token, const std::string& proxy,
            JoinSteps steps);
// Says what is wrong with it. An empty one is none, which is fine.
bool isUsableProxy(const std::string& url);

}  // namespace skerry
