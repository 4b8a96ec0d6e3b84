// A person, as central signed for (capnp/authority.capnp, User) and as every tier knows the person:
// by the key alone. What a certificate says of its bearer is not asked.
#pragma once
#include "shared/model/principal.h"
#include "shared/model/statement.h"

namespace skerry {

struct Person {
  std::string name, tenant;  // tenant: empty for people of none
  Role role = Role::TENANT_VIEWER;
  Scope scope;
  Hash key;                  // SHA-256 of the public key
  AuthoritySeq seq;
  int64_t sinceMs = 0;       // when central signed, by its clock
  bool operator==(const Person&) const = default;

  std::string id() const { return tenant.empty() ? name : tenant + "/" + name; }
  Principal principal() const { return {"user:" + id(), role, scope}; }
};

// The body of the statement.
Bytes encodePerson(const Person& person);
// Of an envelope that this process signed or verified itself; fails when it is malformed, or says
// what no role can be.
Person readPerson(BytesView envelope);
// Of an envelope that somebody relayed: verified by `key` (32 bytes), and about `id`. Never throws.
std::optional<Person> openPerson(BytesView key, const std::string& id, BytesView envelope,
                                 Disbelief& why);

constexpr std::string_view USER_KIND = "user", USER_ORDER = "user/";

}  // namespace skerry
