#include "shared/model/principal.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr Action ACTIONS[] = {Action::SEE,     Action::READ_LOGS,    Action::DECLARE,
                              Action::REMOVE,  Action::ADMIT,        Action::OPERATE,
                              Action::MANAGE_USERS, Action::AUDIT,   Action::ADMINISTER};
constexpr const char* KINDS[] = {"tenant", "region", "site", "host",   "application", "instance",
                                 "token",  "user",   "role", "record", "tier",        "backup",
                                 "event",  "pending"};

Principal of(Role role, std::string name = "mine") {
  Scope scope{scopeKindOf(role), scopeKindOf(role) == Scope::Of::EVERYTHING ? "" : name};
  return {"user:kari", role, scope};
}

TEST_CASE("a role is denied whatever the table does not grant, and everything out of its scope") {
  for (auto role : ROLES) {
    if (role == Role::GLOBAL_ADMIN) continue;
    for (auto action : ACTIONS) {
      for (auto kind : KINDS) {
        CAPTURE(wordOf(role));
        CAPTURE(kind);
        Object mine{kind, "mine", "mine", "mine"}, others{kind, "other", "other", "other"};
        CHECK(permits(of(role), action, mine) == permitsKind(role, action, kind));
        CHECK_FALSE(permits(of(role), action, others));
        CHECK_FALSE(permits(of(role), action, Object{kind}));
      }
      CHECK_FALSE(permits(of(role), action, Object{"something new", "mine", "mine", "mine"}));
    }
    CHECK_FALSE(permits(of(role), Action::ADMINISTER, Object{"tier", "mine", "mine", "mine"}));
  }
}

TEST_CASE("a viewer changes nothing") {
  for (auto action : ACTIONS) {
    if (action == Action::SEE || action == Action::READ_LOGS) continue;
    for (auto kind : KINDS) CHECK_FALSE(permitsKind(Role::TENANT_VIEWER, action, kind));
  }
}

TEST_CASE("a principal without the scope that its role has may nothing") {
  Principal nameless{"user:x", Role::TENANT_ADMIN, {Scope::Of::TENANT, ""}};
  Principal unscoped{"user:x", Role::TENANT_ADMIN, {}};
  Principal misplaced{"user:x", Role::TENANT_ADMIN, {Scope::Of::REGION, "mine"}};
  for (auto& wrong : {nameless, unscoped, misplaced}) {
    CHECK_FALSE(permits(wrong, Action::SEE, Object{"application", "", "", ""}));
    CHECK_FALSE(permits(wrong, Action::SEE, Object{"application", "mine", "mine", "mine"}));
    CHECK_FALSE(mayGrant(wrong, Role::TENANT_VIEWER, {Scope::Of::TENANT, ""}));
  }
}

TEST_CASE("nobody gives more than he has") {
  auto admin = of(Role::TENANT_ADMIN);
  CHECK(mayGrant(admin, Role::TENANT_VIEWER, {Scope::Of::TENANT, "mine"}));
  CHECK(mayGrant(admin, Role::TENANT_ADMIN, {Scope::Of::TENANT, "mine"}));
  CHECK_FALSE(mayGrant(admin, Role::TENANT_VIEWER, {Scope::Of::TENANT, "other"}));
  CHECK_FALSE(mayGrant(admin, Role::GLOBAL_ADMIN, {}));
  CHECK_FALSE(mayGrant(admin, Role::REGION_OPS, {Scope::Of::REGION, "mine"}));
  CHECK_FALSE(mayGrant(admin, Role::SITE_INSTALLER, {Scope::Of::SITE, "mine"}));
  for (auto role : {Role::TENANT_VIEWER, Role::REGION_OPS, Role::SITE_INSTALLER}) {
    for (auto wanted : ROLES) CHECK_FALSE(mayGrant(of(role), wanted, of(wanted).scope));
  }
  for (auto wanted : ROLES) CHECK(mayGrant(localPrincipal(0), wanted, of(wanted).scope));
  // Not even a global administrator gives a role a scope that it cannot have.
  CHECK_FALSE(mayGrant(localPrincipal(0), Role::TENANT_ADMIN, {}));
  CHECK_FALSE(mayGrant(localPrincipal(0), Role::GLOBAL_ADMIN, {Scope::Of::TENANT, "mine"}));
}

TEST_CASE("roles are words and words are roles") {
  for (auto role : ROLES) CHECK(roleOf(wordOf(role)) == role);
  CHECK_FALSE(roleOf("root"));
  CHECK(describe(of(Role::TENANT_ADMIN, "acme")) == "tenant-admin of tenant acme");
  CHECK(describe(localPrincipal(7)) == "global-admin");
  CHECK(rolesFor(Action::DECLARE, "application") ==
        std::vector<Role>{Role::GLOBAL_ADMIN, Role::TENANT_ADMIN});
}

}  // namespace
}  // namespace skerry
