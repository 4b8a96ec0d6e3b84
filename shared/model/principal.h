// Who asks, and what that person may do: the five roles, in one table (principal.cpp). Pure, so
// that every tier decides alike, and decides alone. What the table does not grant is denied.
//
//   global-admin    everything, everywhere
//   tenant-admin    its tenant's applications and people
//   tenant-viewer   looks at its tenant's applications
//   region-ops      its region's sites: declares, admits, operates them; applications it looks at
//   site-installer  one site: admits its hosts, looks whether all is well
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skerry {

enum class Role : uint8_t {
  GLOBAL_ADMIN, TENANT_ADMIN, TENANT_VIEWER, REGION_OPS, SITE_INSTALLER
};
constexpr Role ROLES[] = {Role::GLOBAL_ADMIN, Role::TENANT_ADMIN, Role::TENANT_VIEWER,
                          Role::REGION_OPS, Role::SITE_INSTALLER};
const char* wordOf(Role role);
std::optional<Role> roleOf(std::string_view word);
// What it is for, in one sentence.
const char* purposeOf(Role role);

// Where a role holds.
struct Scope {
  enum class Of : uint8_t { EVERYTHING, TENANT, REGION, SITE };
  Of of = Of::EVERYTHING;
  std::string name;  // empty for EVERYTHING
  bool operator==(const Scope&) const = default;
};
// The kind of scope a role has: no role has a choice.
Scope::Of scopeKindOf(Role role);
const char* wordOf(Scope::Of of);  // tenant, region, site; empty for EVERYTHING

struct Principal {
  std::string name;  // as it is recorded: `local:0`, `user:kari`, `user:acme/kari`
  Role role = Role::TENANT_VIEWER;
  Scope scope;
  bool operator==(const Principal&) const = default;
  bool isUnbounded() const { return role == Role::GLOBAL_ADMIN; }
};
// Whoever can open a daemon's socket administers that tier.
Principal localPrincipal(uint32_t uid);
// `tenant-admin of tenant acme`.
std::string describe(const Principal& principal);

enum class Action : uint8_t {
  SEE,           // in lists
  READ_LOGS,
  DECLARE,       // apply, plan
  REMOVE,        // delete
  ADMIT,         // tokens
  OPERATE,       // what is done to running things: holds, overrides, blocks, labels of operators
  MANAGE_USERS,
  AUDIT,         // read the audit log
  ADMINISTER,    // the tier itself: doctor, backup, restore; and whatever has no row in the table
};

// What is acted on. A field that is empty has nothing to do with the object.
struct Object {
  std::string kind;  // singular, as in admin.capnp
  std::string tenant = {}, region = {}, site = {};
};

// Some object of this kind: whether the role has anything to do with it.
bool permitsKind(Role role, Action action, std::string_view kind);
// This object, which has to be inside the scope.
bool permits(const Principal& principal, Action action, const Object& object);
// The roles that may: what a refusal says. Never empty.
std::vector<Role> rolesFor(Action action, std::string_view kind);

// Whether `maker` may make, reset or remove somebody with that role there: nobody gives more than
// he has, and the scope has to be one that the role can have.
bool mayGrant(const Principal& maker, Role role, const Scope& scope);

}  // namespace skerry
