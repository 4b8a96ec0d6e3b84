// What an application runs as at this site: what was accepted, read through the site's own half of
// the document. The first of the decisions that follow it (see plan.h). Pure.
//
// The rules are the ledger's (shared/ledger/effective.h). Added here is what a site may do about
// them: it runs no revision but the accepted one, one it acted on before (a hold freezes that), or
// one that the accepted intent allows and whose content is here (when the accepted was refused).
// Where none of these is left, the accepted one stays. So nothing runs that central did not sign.
#pragma once
#include "shared/ledger/effective.h"
#include "tier_site/assignments.h"

namespace skerry {

// What a tenant's signed policy leaves to the site: holds, pauses and restarts; of the values at
// PATHs none, since no policy can name any yet.
class SitePolicy final : public OverridePolicy {
public:
  bool allows(LocalKind kind, const std::string& object, const std::string& path,
              BytesView value) const override;
};

struct InForce {
  Hash revision;
  int32_t priority = 0;
  ApplicationSpec spec;                       // with the overrides that are in force
  std::map<std::string, std::string> paused;  // service -> by whom and why
  std::map<std::string, std::string> nonces;  // service -> of the last restart asked for
  std::vector<std::string> notes;             // how it differs from what was accepted, for a person
  bool operator==(const InForce&) const = default;
};

// How an application is called in the local half.
std::string localObject(const TenantAndName& app);

// `app.acted` is there. `scopes`: those of this site and host, the more specific later.
InForce inForce(const TenantAndName& name, const Assignments::App& app, const Local& local,
                const OverridePolicy& policy, const BlobLookup& blobs,
                const std::vector<std::string>& scopes);

}  // namespace skerry
