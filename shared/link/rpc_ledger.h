// What the peer of one connection has open at our expense, kept by watching the protocol go by.
//
// Cap'n Proto bounds neither unfinished questions nor exports, and 0.9.2 believes enum values it
// receives. The ledger counts the first two in both directions and refuses messages that no
// honest two-party peer sends. It mirrors the RPC system's tables, so it sees every message.
#pragma once
#include "shared/link/link_limits.h"
#include <capnp/rpc.capnp.h>
#include <kj/map.h>

namespace skerry {

class RpcLedger {
public:
  // `limits` outlives the ledger.
  explicit RpcLedger(const LinkLimits& limits) : limits(limits) {}

  // Both throw, with the reason, when the connection must end.
  void received(capnp::rpc::Message::Reader message);
  void sent(capnp::rpc::Message::Reader message);

  size_t openQuestions() const { return answers.size(); }
  size_t openExports() const { return exports.size(); }

private:
  using Ids = kj::Array<uint32_t>;
  // An answer costs us memory until the peer has finished it *and* we have returned it.
  struct Answer {
    bool finished = false, returned = false, releasesCaps = false;
    Ids exports;
  };

  void open(uint32_t question);
  void finish(capnp::rpc::Finish::Reader finish);
  void returned(capnp::rpc::Return::Reader result);
  void close(uint32_t question, Answer& answer);
  void release(uint32_t id, uint64_t count);
  Ids exportAll(capnp::List<capnp::rpc::CapDescriptor>::Reader caps);
  void checkCaps(capnp::List<capnp::rpc::CapDescriptor>::Reader caps) const;

  const LinkLimits& limits;
  kj::HashMap<uint32_t, Answer> answers;       // the peer's questions
  kj::HashMap<uint32_t, uint64_t> exports;     // our capabilities the peer holds -> references
  kj::HashMap<uint32_t, Ids> questionExports;  // sent with our calls; a Return may release them
};

}  // namespace skerry
