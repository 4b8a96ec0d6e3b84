// Whom `init` lets in: a global administrator, whose context is DIR/admin.context.
#pragma once
#include "tier_central/init.h"
#include "tier_central/registry.h"

namespace skerry {

constexpr const char* FIRST_PERSON = "admin";
constexpr kj::StringPtr ADMIN_CONTEXT = "admin.context"_kj;

// As rows of the registry, and the file. `identity` is central's own, its keys in their folder.
void letFirstIn(Host& host, const InitOptions& options, const Identity& identity,
                Registry& registry, Batch& rows);

}  // namespace skerry
