// `skerry-central init`: the root of trust, once. And the keys it left, read back.
#pragma once
#include "shared/crypto/signature.h"
#include "shared/daemon/trusted_clock.h"
#include "shared/host/host.h"
#include "shared/pki/identity.h"

namespace skerry {

constexpr kj::StringPtr CENTRAL_DATABASE = "central.db"_kj;
constexpr kj::StringPtr AUTHORITY_KEY = "authority.key"_kj;  // of IdentityFolder

constexpr std::string_view NAME_ROW = "name", ADVERTISE_ROW = "advertise";  // META, text

struct InitOptions {
  std::string name = "skerry";
  std::string advertise;  // HOST:PORT that goes into tokens; empty: the address it listens on
};

// Makes the root, authority and document keys, central's own certificate, its database, and the
// first administrator (first_person.h). FAILED, changing nothing, when the folder holds an identity
// already.
kj::Promise<void> initCentral(Host& host, InitOptions options);

struct CentralKeys {
  Identity identity;
  std::unique_ptr<Signer> authority, documents;
  Bytes envelope;  // an encoded Signed, kind "authority", by the root key
};
// FAILED, saying to run init, when there are none. Renews central's own certificate when half of
// its life is over, or it was made by a clock that was ahead.
CentralKeys loadCentralKeys(Host& host);
OwnKey loadRootKey(Host& host);
// Nobody tells central the time; it is not earlier than its root.
TrustedClock centralClock(Host& host, X509& root);

}  // namespace skerry
