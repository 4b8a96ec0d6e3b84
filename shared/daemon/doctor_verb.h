// The `doctor` verb of every daemon: works before there is an identity, while the daemon is stopped
// and while it runs; then it also asks it. Changes nothing.
#pragma once
#include "shared/daemon/program.h"
#include "shared/daemon/self.h"
#include "shared/doctor/probe.h"

namespace skerry {

// What a tier says of itself before its folder is looked at.
struct Examination {
  Subject subject;
  RenewedBy renewal = RenewedBy::BY_ITSELF;
  std::string parent;  // `the region`; empty: none
  std::string listen;  // as in `serve --listen`; empty: it listens nowhere
};

struct Examined {
  Findings seen;  // by this process
  Findings said;  // by the daemon, where one serves the folder
  bool isJoined = false, isServed = false;
  std::string name;  // as its certificate says; empty: none
  std::optional<Self> self;  // of a region or site that is not served just now

  Findings all() const { return replaced(seen, said); }
};
// Everything that is the same for every tier. `host` and `transport` outlive the promise.
kj::Promise<Examined> examineDaemon(Host& host, const Transport& transport,
                                    Examination examination);

using Examine = kj::Function<kj::Promise<Findings>(Host& host, const Transport& transport)>;
// `doctor [-o table|json]`; leaves 0 in `code` when there is no problem, else 1. `data` and `code`
// outlive the parsing.
CLI::App* addDoctor(CLI::App& app, const std::string& data, int& code, Examine examine);

}  // namespace skerry
