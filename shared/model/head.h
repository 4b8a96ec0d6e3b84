// Central's hourly word to a region (authority.capnp, Head), as a value: made at central, compared
// with the orders by the region, kept as a measure of age by the sites. Pure.
//
// A head starts and stops nothing. It shows two things that silence would hide: that central was
// heard through this region at this time, and that what the region holds is all of what held then.
#pragma once
#include "shared/model/statement.h"
#include <vector>

namespace skerry {

constexpr int64_t HEAD_EVERY_MS = int64_t(3'600) * 1'000;
constexpr int64_t HEAD_STALE_MS = 3 * HEAD_EVERY_MS;  // older than this is worth a finding

constexpr const char* HEAD_KEY = "head";  // in the orders of both documents

// A statement in force, as the root covers it.
struct InForceStatement {
  std::string kind, id;
  AuthoritySeq seq;
  Hash bodyHash;
  auto operator<=>(const InForceStatement&) const = default;
};
// Of an encoded Statement, which is not verified. FAILED when it cannot be read.
InForceStatement inForceOf(BytesView statement);
// SHA-256 over all of them, sorted: kind and id, each ended by a zero byte, then era and sequence
// as 8 bytes each, big-endian, and the hash of the body.
Hash rootOf(std::vector<InForceStatement> statements);

struct Head {
  std::string region;
  AuthoritySeq seq;
  int64_t timeMs = 0;    // by central's clock
  Hash root;
  AuthoritySeq version;  // era and number of the region's orders that it was signed for
  bool operator==(const Head&) const = default;
};

// An envelope of `head`, whose region, seq and time name it.
Bytes signHead(const Signer& authority, const Head& head);
// `key`: central's, 32 bytes. Null when it is not believed, or about another region.
std::optional<Head> openHead(BytesView key, const std::string& region, BytesView envelope,
                             Disbelief& why);

// "central's word is 5 hours old although the region is connected"; empty while it is not stale.
// For who is connected with central, directly or through a region.
std::string stalenessOf(int64_t ageMs);

}  // namespace skerry
