// The RENEW door: a child that is known gets its next certificates (capnp/renew.capnp), also after
// the ones it has have ended.
//
//   renew()  --one frame-->  serveRenew() -> RenewDesk (the tier knows the key, and issues)
//            <--one frame--
#pragma once
#include "shared/link/question.h"
#include <variant>

namespace skerry {

// What a child asks, checked: it holds the keys.
struct RenewAsked {
  OwnKey deviceKey;
  OwnKey caKey;         // null but for a region
  std::string version;  // of its software
  int64_t untilMs = 0;  // when the certificate ends that it showed
};

struct Renewed {
  std::vector<OwnCert> chain;  // the device's first, without the root
  OwnCert ca;                  // a region's issuing certificate; null for others
  int64_t wallMs = 0;          // the parent's clock, by which these are dated
};

using RenewAnswer = std::variant<Renewed, RefusedQuestion>;

// The tier's. Nothing is recorded: who asks again gets another one. An exception is told to the
// child as `try-again` and to nobody else.
class RenewDesk {
public:
  virtual ~RenewDesk() noexcept(false) {}
  virtual RenewAnswer renew(RenewAsked asked) = 0;
};

// Serves one connection of the RENEW door. `desk` and `timer` outlive the promise. Fails, having
// answered where it could, for a peer that misbehaves.
kj::Promise<void> serveRenew(Secured peer, RenewDesk& desk, kj::Timer& timer);

// The refusals: of a person's certificate that has ended; of a key that nobody registered (`kind`:
// site or region); when our own issuing certificate has ended; of a revoked key that comes with a
// token (`program`: which joins).
RefusedQuestion endedPerson();
RefusedQuestion unknownDevice(std::string_view kind);
RefusedQuestion issuerExpired();
RefusedQuestion revokedDevice(std::string_view program);

// Who asks. All but the addresses outlive the promise.
struct Renewer {
  const PeerPolicy& policy;
  const Identity& self;
  EVP_PKEY* caKey = nullptr;  // a region's
  std::vector<std::string> parents = {};
};

// Asks each parent in turn; `isParent` says whether one of this name is. The answer's certificates
// are for our keys, have our name and lead to our root; by no clock, since it is the parent who
// will judge their dates. DISCONNECTED, naming each address and its trouble, when nobody answered;
// FAILED when one answered what cannot be. `host` and `transport` outlive the promise.
kj::Promise<RenewAnswer> renew(Host& host, const Transport& transport, Renewer who,
                               kj::Function<bool(const std::string& name)> isParent);

}  // namespace skerry
