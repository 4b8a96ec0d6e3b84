// `skerry-region join`: keys, a certificate and an issuing certificate from central, once. And the
// keys it left, read back.
#pragma once
#include "shared/crypto/signature.h"
#include "shared/host/host.h"
#include "shared/daemon/join_verb.h"
#include "shared/link/enroll.h"
#include "shared/pki/identity.h"

namespace skerry {

constexpr kj::StringPtr REGION_DATABASE = "region.db"_kj;

// Idempotent until it has succeeded: the keys are kept, so a lost answer is asked for again. FAILED
// when the folder joined before; DISCONNECTED when nobody answered.
kj::Promise<JoinOutcome> joinRegion(Host& host, const Transport& transport, Token token);

struct RegionKeys {
  Identity identity;
  OwnKey caKey;
  std::vector<OwnCert> caChain;
  std::unique_ptr<Signer> documents;
};
// Renews the region's own certificate, which it issues itself, when half of its life is over.
RegionKeys loadRegionKeys(Host& host, const std::string& name);

// An encoded LinkStatus.
Bytes linkStatus(bool online, int64_t sinceMs);

}  // namespace skerry
