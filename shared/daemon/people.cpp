#include "shared/daemon/people.h"
#include "shared/daemon/log.h"

namespace skerry {

void People::update(const std::set<std::string>& keys, const Lookup& orders,
                    BytesView authorityKey) {
  for (auto& key : keys) {
    if (!key.starts_with(USER_ORDER)) continue;
    auto id = key.substr(USER_ORDER.size());
    remove(id);
    auto envelope = orders(key);
    if (!envelope) continue;
    Disbelief why;
    auto person = openPerson(authorityKey, id, view(*envelope), why);
    if (person) put(*person);
    else logEvent(Severity::WARNING, "person.unbelieved", {{"who", id}, {"reason", why.reason}});
  }
}

void People::put(const Person& person) {
  remove(person.id());
  byId[person.id()] = person;
  byKey[person.key] = person.id();
}

void People::remove(const std::string& id) {
  auto found = byId.find(id);
  if (found == byId.end()) return;
  auto ofKey = byKey.find(found->second.key);
  if (ofKey != byKey.end() && ofKey->second == id) byKey.erase(ofKey);
  byId.erase(found);
}

const Person* People::find(const Hash& key) const {
  auto id = byKey.find(key);
  return id == byKey.end() ? nullptr : &byId.at(id->second);
}

void addUsers(ItemList& list, const Bounds& bounds, const People& people) {
  for (auto& [id, person] : people.all()) {
    if (!Bounds::admits(bounds.tenant, person.tenant) ||
        !Bounds::admits(bounds.name, person.name)) continue;
    list.add("user", person.tenant, person.name, [&person = person](schema::Item::Builder item) {
      auto to = item.initStatus().initUser();
      to.setRole(wordOf(person.role));
      if (person.scope.of != Scope::Of::EVERYTHING) {
        to.setScope(std::string(wordOf(person.scope.of)) + " " + person.scope.name);
      }
      to.setSince(timeOrEmpty(person.sinceMs));
    });
  }
}

void addRoles(ItemList& list, const Bounds& bounds) {
  for (auto role : ROLES) {
    if (!Bounds::admits(bounds.name, wordOf(role))) continue;
    list.add("role", "", wordOf(role), [role](schema::Item::Builder item) {
      auto to = item.initStatus().initRole();
      to.setPurpose(purposeOf(role));
      to.setScope(wordOf(scopeKindOf(role)));
    });
  }
}

}  // namespace skerry
