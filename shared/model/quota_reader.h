// Quotas and demands as the schemas write them. Includes generated code.
#pragma once
#include "capnp/authority.capnp.h"
#include "capnp/manifest.capnp.h"
#include "shared/model/problem.h"
#include "shared/model/quota.h"

namespace skerry {

// What is wrong with it; paths begin with `quota`.
void checkQuota(schema::Quota::Reader quota, Problems& problems);
// Of one that was checked.
Quota readQuota(schema::Quota::Reader from);

// What one site needs for all services, by the limits they declare.
Amounts demandOf(schema::Application::Reader application);
// Paths of the limits that services would have to declare under this quota, and do not.
std::vector<std::string> undeclaredLimits(schema::Application::Reader application,
                                          const Quota& quota);

Amounts readAmounts(schema::Amounts::Reader from);
void writeAmounts(const Amounts& from, schema::Amounts::Builder to);
// As upper bounds.
Quota readBounds(schema::Amounts::Reader from);
void writeBounds(const Quota& from, schema::Amounts::Builder to);

}  // namespace skerry
