// Letting people in: users, their keys and their roles.
#include "shared/model/name_check.h"
#include "tier_central/admin.h"
#include "tier_central/orders.h"
#include <kj/debug.h>

namespace skerry {
namespace {

Refusal wrong(std::string reason, std::string message, std::string hint) {
  Refusal refusal;
  refusal.reason = std::move(reason);
  refusal.message = std::move(message);
  refusal.hint = std::move(hint);
  return refusal;
}

Refusal conflict(std::string reason, std::string message, std::string next) {
  auto refusal = wrong(std::move(reason), std::move(message), "");
  refusal.code = 6;
  refusal.next = std::move(next);
  return refusal;
}

std::string allRoles() {
  std::string all;
  for (auto role : ROLES) all += (all.empty() ? "" : ", ") + std::string(wordOf(role));
  return all;
}

// The scope that was given has to be the one that the role has.
Refusals readScope(schema::UserSpec::Reader user, Role role, Scope& scope) {
  const std::pair<Scope::Of, std::string> given[] = {
      {Scope::Of::TENANT, text(user.getTenant())},
      {Scope::Of::REGION, text(user.getRegion())},
      {Scope::Of::SITE, text(user.getSite())}};
  scope.of = scopeKindOf(role);
  for (auto& [of, name] : given) {
    if (of == scope.of) scope.name = name;
    if ((of == scope.of) == !name.empty()) continue;
    auto word = std::string(wordOf(of));
    return {wrong("scope-wrong", std::string(wordOf(role)) + (name.empty()
        ? " is given for a " + word : " is not given for a " + word),
        name.empty() ? "say which one with --" + word : "leave out --" + word)};
  }
  return {};
}

Refusals checkScope(const Registry& registry, const Scope& scope) {
  bool isThere = scope.of == Scope::Of::EVERYTHING ||
                 (scope.of == Scope::Of::TENANT && registry.tenants.contains(scope.name)) ||
                 (scope.of == Scope::Of::REGION && registry.regions.contains(scope.name)) ||
                 (scope.of == Scope::Of::SITE && registry.sites.contains(scope.name));
  if (isThere) return {};
  return {notFound(wordOf(scope.of), scope.name)};
}

// Of a name without a tenant: the only one there is.
Refusals findUser(const Registry& registry, const std::string& name, const std::string& tenant,
                  std::string& id) {
  std::vector<std::string> tenants;
  for (auto& [known, person] : registry.people.all()) {
    bool isAsked = person.name == name && (tenant.empty() || person.tenant == tenant);
    if (!isAsked) continue;
    id = known;
    tenants.push_back(person.tenant.empty() ? "(none)" : person.tenant);
  }
  if (tenants.empty()) return {notFound("user", name)};
  if (tenants.size() == 1) return {};
  return {ambiguous(name, tenants)};
}

}  // namespace

kj::Promise<void> CentralAdmin::addUser(AddUserContext context) {
  auto& core = this->core();
  auto user = context.getParams().getUser();
  auto results = context.getResults();
  auto refused = [&](Refusals refusals) {
    refuse(results, refusals);
    return kj::Promise<void>(kj::READY_NOW);
  };
  auto waiting = whileRecovering(core);
  if (!waiting.empty()) return refused(waiting);
  auto key = keyOfRequest(user.getRequest());
  if (key == nullptr) {
    return refused({wrong("request-malformed", "this is no request for a certificate",
                          "use a client of the same version: skerry version")});
  }
  Person person;
  person.name = text(user.getName());
  auto& people = core.registry.people;
  if (user.getReset()) {
    std::string id;
    auto refusals = findUser(core.registry, person.name, text(user.getTenant()), id);
    if (!refusals.empty()) return refused(std::move(refusals));
    person = people.all().at(id);
  } else {
    if (auto problem = nameProblem(person.name); !problem.empty()) {
      return refused({wrong("bad-name", "a user cannot be called '" + person.name + "': " + problem,
                            NAME_HINT)});
    }
    auto role = roleOf(text(user.getRole()));
    if (!role) {
      return refused({wrong("role-unknown", "there is no role '" + text(user.getRole()) + "'",
                            "the roles are " + allRoles())});
    }
    person.role = *role;
    auto refusals = readScope(user, *role, person.scope);
    if (refusals.empty()) refusals = checkScope(core.registry, person.scope);
    if (!refusals.empty()) return refused(std::move(refusals));
    if (person.scope.of == Scope::Of::TENANT) person.tenant = person.scope.name;
    if (people.all().contains(person.id())) {
      return refused({conflict("user-exists", "there is a user '" + person.name + "' already",
                               "skerry user reset " + person.name + " --out FILE")});
    }
  }
  person.key = keyHash(*key);
  if (people.find(person.key) != nullptr || core.isRevokedKey(person.key)) {
    return refused({conflict("key-used", "this key was used before", "")});
  }
  auto grant = results.initGrant();
  auto issued = core.certifyPerson(person.id(), *key);
  auto certificates = grant.initCertificates(issued.size());
  for (size_t i = 0; i < issued.size(); ++i) certificates.set(i, view(der(*issued[i])));
  grant.setName(person.id());
  grant.setServer(core.config.advertise.empty() ? core.address : core.config.advertise);
  grant.setTenant(person.tenant);
  Batch rows;
  Touched touched;
  core.letIn(person, rows, touched);
  return core.commit(kj::mv(rows), touched);
}

kj::Promise<void> CentralAdmin::removeUser(RemoveUserContext context) {
  auto& core = this->core();
  auto params = context.getParams();
  std::string id;
  auto refusals = whileRecovering(core);
  if (refusals.empty()) {
    refusals = findUser(core.registry, text(params.getName()), text(params.getTenant()), id);
  }
  if (!refusals.empty()) {
    refuse(context.getResults(), refusals);
    return kj::READY_NOW;
  }
  Batch rows;
  Touched touched;
  core.declarations->removeUser(id, rows, touched);
  return core.commit(kj::mv(rows), touched);
}

}  // namespace skerry
