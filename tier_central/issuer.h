// Signs what central wants, with the authority key. Each statement takes the next sequence number,
// whose row is written with it.
#pragma once
#include "shared/host/host.h"
#include "shared/model/head.h"
#include "tier_central/registry.h"

namespace skerry {

class AuthorityIssuer {
public:
  // All outlive this.
  AuthorityIssuer(Registry& registry, const Signer& authority, Clock& clock, Entropy& entropy)
      : registry(registry), authority(authority), clock(clock), entropy(entropy) {}

  // 16 bytes: a new object's life.
  Bytes newLife();

  // `share`: of the region that gets it; null for a tenant without a quota.
  Bytes policy(const std::string& name, const TenantObject& tenant, const Quota* share,
               Batch& rows);
  Bytes siteRecord(const std::string& name, const SiteObject& site, Batch& rows);
  Bytes home(const std::string& name, const SiteObject& site, Batch& rows);
  // The intent's sequence goes into `app`.
  Bytes intent(const TenantAndName& name, ApplicationObject& app, Batch& rows);
  // What `statements` are, for the version of the region's orders that it will come with.
  Bytes head(const std::string& region, std::vector<InForceStatement> statements,
             AuthoritySeq version, Batch& rows);
  // The sequence and the time go into `person`.
  Bytes user(Person& person, Batch& rows);
  // `body`: an encoded schema::Revision.
  Bytes revision(const TenantAndName& name, BytesView body, Batch& rows);

private:
  Statement about(std::string_view kind, std::string id, std::string tenant, Batch& rows);

  Registry& registry;
  const Signer& authority;
  Clock& clock;
  Entropy& entropy;
};

// The sequence of an envelope of ours; it is not verified.
AuthoritySeq seqOf(const Bytes& envelope);

}  // namespace skerry
