// The client's connection to a daemon's admin socket. Heavy: include from .cpp files only.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/cli/cli.h"
#include <capnp/rpc-twoparty.h>

namespace skerry {

class Connection {
public:
  explicit Connection(kj::Own<kj::AsyncIoStream> stream)
      : stream(kj::mv(stream)),
        rpc(*this->stream),
        admin(rpc.bootstrap().castAs<schema::Admin>()) {}
  KJ_DISALLOW_COPY(Connection);

private:
  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyClient rpc;

public:
  schema::Admin::Client admin;
};

struct Connected {
  kj::Own<Connection> connection;  // null when there is a failure
  std::optional<Failure> failure;
};
// To the daemon that the options mean. `cli` outlives the promise.
Task<Connected> connect(Cli& cli);

// What a daemon refused, pointing into no file.
Failures failuresOf(capnp::List<schema::Problem>::Reader problems);

}  // namespace skerry
