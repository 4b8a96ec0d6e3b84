// `skerry-region join`: keys, a certificate and an issuing certificate from central, once. And the
// keys it left, read back.
#pragma once
#include "shared/crypto/signature.h"
#include "shared/daemon/joining.h"
#include "shared/host/host.h"
#include "shared/daemon/trusted_clock.h"
#include "shared/pki/identity.h"

namespace skerry {

constexpr kj::StringPtr REGION_DATABASE = "region.db"_kj;

// Idempotent until it has succeeded: the keys are kept, so a lost answer is asked for again. FAILED
// when the folder joined before; DISCONNECTED when nobody answered.
// `proxy` is remembered.
kj::Promise<JoinOutcome> joinRegion(Host& host, const Transport& transport, Token token,
                                    std::string proxy = {});

struct RegionKeys {
  Identity identity;
  OwnKey caKey;
  std::vector<OwnCert> caChain;
  std::unique_ptr<Signer> documents;
};
// Renews the region's own certificate when half of its life is over: it issues that itself, so that
// it needs nobody for it as long as its issuing certificate lives.
RegionKeys loadRegionKeys(Host& host, const std::string& name, const TrustedClock& clock);
// After central renewed both: each file is replaced whole, and either may be the newer one, since
// the keys are the same.
void saveRegionCertificates(Host& host, const Identity& identity,
                            const std::vector<OwnCert>& caChain);

// An encoded LinkStatus.
Bytes linkStatus(bool online, int64_t sinceMs);

}  // namespace skerry
