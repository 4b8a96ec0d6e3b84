#include "shared/model/principal.h"
#include <algorithm>
#include <array>
#include <initializer_list>

namespace skerry {
namespace {

using Kinds = std::initializer_list<std::string_view>;

struct Grant {
  Role role;
  Action action;
  Kinds kinds;
};

// The table. Global administrators are not in it: they may everything.
const Grant GRANTS[] = {
    {Role::TENANT_ADMIN, Action::SEE,
     {"tenant", "application", "instance", "site", "user", "role", "event"}},
    {Role::TENANT_ADMIN, Action::READ_LOGS, {"application"}},
    {Role::TENANT_ADMIN, Action::DECLARE, {"application"}},
    {Role::TENANT_ADMIN, Action::REMOVE, {"application"}},
    {Role::TENANT_ADMIN, Action::OPERATE, {"application"}},
    {Role::TENANT_ADMIN, Action::MANAGE_USERS, {"user"}},
    {Role::TENANT_ADMIN, Action::AUDIT, {"record"}},

    {Role::TENANT_VIEWER, Action::SEE,
     {"tenant", "application", "instance", "site", "role", "event"}},
    {Role::TENANT_VIEWER, Action::READ_LOGS, {"application"}},

    {Role::REGION_OPS, Action::SEE,
     {"region", "site", "host", "application", "instance", "token", "pending", "role", "event"}},
    {Role::REGION_OPS, Action::READ_LOGS, {"application", "site"}},
    {Role::REGION_OPS, Action::DECLARE, {"site"}},
    {Role::REGION_OPS, Action::REMOVE, {"site"}},
    {Role::REGION_OPS, Action::ADMIT, {"site"}},
    {Role::REGION_OPS, Action::OPERATE, {"site", "host", "application"}},

    {Role::SITE_INSTALLER, Action::SEE,
     {"site", "host", "application", "instance", "token", "role", "event"}},
    {Role::SITE_INSTALLER, Action::ADMIT, {"site"}},
};

struct RoleWord {
  const char* word;
  Scope::Of scope;
  const char* purpose;
};
constexpr std::array<RoleWord, 5> WORDS{{
    {"global-admin", Scope::Of::EVERYTHING, "may everything, everywhere"},
    {"tenant-admin", Scope::Of::TENANT, "declares a tenant's applications, manages its people"},
    {"tenant-viewer", Scope::Of::TENANT, "looks at a tenant's applications and their logs"},
    {"region-ops", Scope::Of::REGION, "declares, admits and operates the sites of a region"},
    {"site-installer", Scope::Of::SITE, "lets the hosts of one site join, and looks at it"},
}};

bool isInside(const Scope& scope, const Object& object) {
  switch (scope.of) {
    case Scope::Of::EVERYTHING: return true;
    case Scope::Of::TENANT: return object.tenant == scope.name;
    case Scope::Of::REGION: return object.region == scope.name;
    case Scope::Of::SITE: return object.site == scope.name;
  }
  return false;
}

}  // namespace

const char* wordOf(Role role) { return WORDS[size_t(role)].word; }
const char* purposeOf(Role role) { return WORDS[size_t(role)].purpose; }
Scope::Of scopeKindOf(Role role) { return WORDS[size_t(role)].scope; }

std::optional<Role> roleOf(std::string_view word) {
  for (auto role : ROLES) {
    if (word == wordOf(role)) return role;
  }
  return std::nullopt;
}

const char* wordOf(Scope::Of of) {
  switch (of) {
    case Scope::Of::EVERYTHING: return "";
    case Scope::Of::TENANT: return "tenant";
    case Scope::Of::REGION: return "region";
    case Scope::Of::SITE: return "site";
  }
  return "";
}

Principal localPrincipal(uint32_t uid) {
  return {"local:" + std::to_string(uid), Role::GLOBAL_ADMIN, {}};
}

std::string describe(const Principal& principal) {
  std::string words = wordOf(principal.role);
  if (principal.scope.of == Scope::Of::EVERYTHING) return words;
  return words + " of " + wordOf(principal.scope.of) + " " + principal.scope.name;
}

bool permitsKind(Role role, Action action, std::string_view kind) {
  if (role == Role::GLOBAL_ADMIN) return true;
  for (auto& grant : GRANTS) {
    if (grant.role != role || grant.action != action) continue;
    if (std::find(grant.kinds.begin(), grant.kinds.end(), kind) != grant.kinds.end()) return true;
  }
  return false;
}

bool permits(const Principal& principal, Action action, const Object& object) {
  if (principal.scope.of != scopeKindOf(principal.role)) return false;
  bool isNamed = principal.scope.of == Scope::Of::EVERYTHING || !principal.scope.name.empty();
  return isNamed && permitsKind(principal.role, action, object.kind) &&
         isInside(principal.scope, object);
}

std::vector<Role> rolesFor(Action action, std::string_view kind) {
  std::vector<Role> roles;
  for (auto role : ROLES) {
    if (permitsKind(role, action, kind)) roles.push_back(role);
  }
  return roles;
}

bool mayGrant(const Principal& maker, Role role, const Scope& scope) {
  if (scope.of != scopeKindOf(role)) return false;
  if ((scope.of == Scope::Of::EVERYTHING) != scope.name.empty()) return false;
  Object somebody{"user"};
  if (scope.of == Scope::Of::TENANT) somebody.tenant = scope.name;
  if (!permits(maker, Action::MANAGE_USERS, somebody)) return false;
  return maker.isUnbounded() || scope == maker.scope;
}

}  // namespace skerry
