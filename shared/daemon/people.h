// The people that a tier knows: those whose statements its orders hold, each verified by the
// authority's key. Nobody else is anybody here, and it takes no upper tier to know that.
#pragma once
#include "shared/daemon/views.h"
#include "shared/model/person.h"
#include <functional>
#include <map>
#include <set>

namespace skerry {

class People {
public:
  // What an order key holds: its value, or nothing.
  using Lookup = std::function<std::optional<Bytes>(const std::string& key)>;

  // These keys of the orders changed, others among them; every key of a tier that begins.
  void update(const std::set<std::string>& keys, const Lookup& orders, BytesView authorityKey);
  // As central itself has it.
  void put(const Person& person);
  void remove(const std::string& id);

  // Null: nobody.
  const Person* find(const Hash& key) const;
  const std::map<std::string, Person>& all() const { return byId; }

private:
  std::map<std::string, Person> byId;
  std::map<Hash, std::string> byKey;
};

// Answers to `get user` and `get role`.
void addUsers(ItemList& list, const Bounds& bounds, const People& people);
void addRoles(ItemList& list, const Bounds& bounds);

}  // namespace skerry
