// The gate between what a region relays and what a site does: nothing is acted on that central did
// not sign, for this site, newer than what was acted on before (ledger rules on authority). Pure.
//
// A check that fails starts nothing and stops nothing: the assignment acted on before stays. Only
// the absence of an application from the orders, which the region's signed root proves, ends it.
#pragma once
#include "shared/model/head.h"
#include "shared/model/selector.h"
#include "shared/model/service_spec.h"
#include "shared/model/statement.h"
#include <functional>
#include <map>
#include <optional>

namespace skerry {

using TenantAndName = std::pair<std::string, std::string>;

// High-water marks per (kind, id): of what was acted on. They only grow.
using MarkKey = std::pair<std::string, std::string>;
using Marks = std::map<MarkKey, AuthoritySeq>;

// Reads a value of the orders half, or nothing.
using OrderLookup = std::function<std::optional<Bytes>(const std::string& key)>;
// Reads a blob that is here.
using BlobLookup = std::function<std::optional<Bytes>(const Hash& hash)>;

// What the site knows by itself.
struct Trust {
  std::string site;
  Bytes authorityKey;  // 32 bytes, vouched for by the root key
};

struct HomeSeen {
  std::string region;
  Bytes documentKey;
  uint64_t homeGen = 0;
  AuthoritySeq seq;
};
// `why` says what is wrong when there is no answer.
std::optional<HomeSeen> openHome(const Trust& trust, const Marks& marks, BytesView envelope,
                                 Disbelief& why);

// Central's word to the region that commands the site.
std::optional<Head> openHead(const Trust& trust, const Marks& marks, const std::string& region,
                             BytesView envelope, Disbelief& why);

// One application that may run here.
struct Acted {
  Bytes gen;
  AuthoritySeq seq;         // of the intent
  Hash revision;
  int32_t priority = 0;
  ApplicationSpec spec;
  Bytes assignment;         // as received: what is stored
  bool operator==(const Acted& other) const {
    return gen == other.gen && seq == other.seq && revision == other.revision;
  }
};

struct Judgement {
  enum class Verdict : uint8_t { ACCEPTED, WAITING, REFUSED };
  Verdict verdict = Verdict::REFUSED;
  std::string reason;              // for a person; empty when accepted
  std::optional<Acted> acted;      // when accepted
  std::optional<Hash> missing;     // the blob waited for
  Marks raised;                    // what acting on it raises
};

// Judges the assignment of `app` as it stands in the orders.
Judgement judgeAssignment(const Trust& trust, const Marks& marks, const TenantAndName& app,
                          BytesView entryGen, BytesView assignment, const OrderLookup& orders,
                          const BlobLookup& blobs);

// Reads back what was acted on: it was judged then.
std::optional<Acted> reopenActed(const TenantAndName& app, BytesView assignment,
                                 const BlobLookup& blobs);

}  // namespace skerry
