// What a bench tells central on behalf of people: sites with their tokens, and applications.
#pragma once
#include "capnp/admin.capnp.h"
#include "tier_site/verified.h"
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

namespace skerry {

constexpr size_t SITES_PER_APPLY = 500;
constexpr size_t TOKENS_AT_ONCE = 64;  // a call each

class SimConsole {
public:
  // `stream` is a connection to central's admin.sock.
  explicit SimConsole(kj::Own<kj::AsyncIoStream> stream);

  // Declares sites `sim0`, `sim1`, ... of the region, with the labels `kind: sim` and
  // `tenth: N % 10`, and answers a token for each. What is declared already stays.
  kj::Promise<std::vector<std::string>> declareSites(std::string region, size_t count);
  // Declares this application of one process where `sites` says; `value` tells one revision from
  // the next. The intent to wait for, once central's answer is there.
  kj::Promise<AuthoritySeq> apply(TenantAndName app, std::string sites, std::string value);

private:
  kj::Promise<void> declareFrom(std::string region, size_t from, size_t count);
  kj::Promise<void> tokensFrom(size_t from, std::vector<std::string>& tokens);

  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyClient client;
  schema::Admin::Client admin;
};

}  // namespace skerry
