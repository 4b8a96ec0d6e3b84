#include "shared/model/person.h"
#include "capnp/authority.capnp.h"
#include "shared/model/encoded.h"

namespace skerry {
namespace {

std::string str(capnp::Text::Reader from) { return std::string(from.begin(), from.size()); }

Scope scopeIn(schema::User::Reader user, Scope::Of of) {
  switch (of) {
    case Scope::Of::EVERYTHING: return {};
    case Scope::Of::TENANT: return {of, str(user.getTenant())};
    case Scope::Of::REGION: return {of, str(user.getRegion())};
    case Scope::Of::SITE: return {of, str(user.getSite())};
  }
  KJ_UNREACHABLE;
}

}  // namespace

Bytes encodePerson(const Person& person) {
  capnp::MallocMessageBuilder message;
  auto user = message.initRoot<schema::User>();
  user.setName(person.name);
  user.setRole(wordOf(person.role));
  user.setTenant(person.tenant);
  if (person.scope.of == Scope::Of::REGION) user.setRegion(person.scope.name);
  if (person.scope.of == Scope::Of::SITE) user.setSite(person.scope.name);
  user.setKey(person.key.view());
  return encode<schema::User>(user);
}

Person readPerson(BytesView envelope) {
  Decoded<schema::Signed> outer(envelope);
  Decoded<schema::Statement> statement(outer.get().getStatement());
  Decoded<schema::User> body(outer.get().getBody());
  auto user = body.get();
  Person person;
  person.name = str(user.getName());
  person.tenant = str(user.getTenant());
  auto role = roleOf(str(user.getRole()));
  KJ_REQUIRE(role.has_value(), "no role that this version knows", user.getRole());
  person.role = *role;
  person.scope = scopeIn(user, scopeKindOf(*role));
  bool isNamed = person.scope.of == Scope::Of::EVERYTHING || !person.scope.name.empty();
  bool isOfTenant = person.scope.of == Scope::Of::TENANT;
  KJ_REQUIRE(isNamed && (isOfTenant || person.tenant.empty()), "no scope of that role");
  KJ_REQUIRE(user.getKey().size() == person.key.bytes.size(), "no key");
  person.key = Hash::from(user.getKey());
  person.seq = {statement.get().getEra(), statement.get().getSeq()};
  person.sinceMs = statement.get().getNotBeforeMs();
  return person;
}

std::optional<Person> openPerson(BytesView key, const std::string& id, BytesView envelope,
                                 Disbelief& why) {
  auto statement = openStatement(key, USER_KIND, envelope, why);
  if (!statement) return std::nullopt;
  std::optional<Person> person;
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] { person = readPerson(envelope); })) {
    why.reason = "it is malformed: " + text(reason->getDescription());
    return std::nullopt;
  }
  if (statement->id == id && person->id() == id) return person;
  why.reason = "it is about somebody else";
  return std::nullopt;
}

}  // namespace skerry
