// What a region or a site knows of itself and its parent since it joined.
#pragma once
#include "shared/pki/identity.h"
#include "shared/store/store.h"
#include <set>

namespace skerry {

constexpr kj::StringPtr SELF_DOCUMENT = "self"_kj;  // the document id of a daemon's own rows

struct Self {
  std::string name, host;  // of the region or site; of the host, empty for a region
  uint32_t number = 0;
  std::vector<std::string> parents;
  Bytes authority;         // an encoded Signed, kind "authority"
  Bytes home;              // an encoded Signed, kind "home"; empty for a region
  // The device key of the parent we follow: it is known by that, not by the dates of its
  // certificate, so that neither its expiry nor a wrong clock of ours can part us.
  Hash parentKey;
  std::string proxy;       // that the parents are dialled through (link/proxy.h); empty: none
};

constexpr std::string_view LINK_ROW = "link";
void saveSelf(const Self& self, Batch& rows);
// Of the value of that row.
Self readSelf(BytesView row);
// Null: it never joined.
kj::Promise<kj::Maybe<Self>> loadSelf(Store& store);

// The keys of central that the root vouches for. FAILED when it does not.
struct AuthorityKeys {
  Bytes authority, document;  // 32 bytes each
};
AuthorityKeys openAuthority(X509& root, BytesView envelope);

// A counter in the META rows of SELF_DOCUMENT, made greater by one: epochs, eras.
kj::Promise<uint64_t> nextCounter(Store& store, kj::StringPtr name, uint64_t atLeast);
// The same, but written by `rows`, which outlive the promise: nothing may leave before they do.
kj::Promise<uint64_t> nextCounter(Store& store, kj::StringPtr name, uint64_t atLeast, Batch& rows);

}  // namespace skerry
