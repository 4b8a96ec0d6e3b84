// Manifests as they were declared, made again of what central signed because of them: after a
// restore that is what is left of them. Pure. Heavy: include from .cpp files only.
#pragma once
#include "capnp/authority.capnp.h"
#include "tier_central/registry.h"

namespace skerry {

Bytes manifestOfTenant(const std::string& name, schema::Policy::Reader policy);
// The record says every label in force: those that an operator gave `known`, which is the site as
// far as it is known, are not the manifest's.
Bytes manifestOfSite(schema::SiteRecord::Reader record, const SiteObject& known);
// The specification, and what the intent says of it. FAILED when the body is no revision's.
Bytes manifestOfApplication(BytesView revisionBody, schema::Intent::Reader intent);

}  // namespace skerry
