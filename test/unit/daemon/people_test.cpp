#include "shared/daemon/people.h"
#include "test/support/authority.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

Person kari() {
  Person person;
  person.name = "kari";
  person.tenant = "acme";
  person.role = Role::TENANT_ADMIN;
  person.scope = {Scope::Of::TENANT, "acme"};
  person.key = sha256(view("kari's"));
  return person;
}

struct Tier {
  Authority central;
  std::map<std::string, Bytes> orders;
  People people;

  void say(const std::string& id, const Bytes& envelope) {
    orders["user/" + id] = envelope;
    update(id);
  }
  void update(const std::string& id) {
    people.update({"user/" + id, "policy/acme"}, [this](const std::string& key) {
      auto found = orders.find(key);
      return found == orders.end() ? std::nullopt : std::optional<Bytes>(found->second);
    }, view(central.key()));
  }
  Bytes signedFor(const Person& person, const std::string& id) {
    return central.sign(USER_KIND, id, view(encodePerson(person)));
  }
};

TEST_CASE("only central makes somebody known, and under that name alone") {
  Tier tier;
  auto person = kari();
  tier.say("acme/kari", tier.signedFor(person, "acme/kari"));
  REQUIRE(tier.people.find(person.key) != nullptr);
  CHECK(tier.people.find(person.key)->principal() ==
        Principal{"user:acme/kari", Role::TENANT_ADMIN, {Scope::Of::TENANT, "acme"}});

  Authority thief(9);
  tier.say("acme/kari", thief.sign(USER_KIND, "acme/kari", view(encodePerson(person))));
  CHECK(tier.people.find(person.key) == nullptr);
  tier.say("acme/ola", tier.signedFor(person, "acme/kari"));
  tier.say("acme/ola", tier.signedFor(person, "acme/ola"));
  tier.say("acme/ola", tier.central.sign("policy", "acme/ola", view(encodePerson(person))));
  tier.say("acme/ola", Bytes(16, 1));
  CHECK(tier.people.all().empty());
}

TEST_CASE("another key takes the place of the one before, and absence ends both") {
  Tier tier;
  auto person = kari();
  auto before = person.key;
  tier.say("acme/kari", tier.signedFor(person, "acme/kari"));
  person.key = sha256(view("another"));
  tier.say("acme/kari", tier.signedFor(person, "acme/kari"));
  CHECK(tier.people.find(before) == nullptr);
  CHECK(tier.people.find(person.key) != nullptr);
  tier.orders.clear();
  tier.update("acme/kari");
  CHECK(tier.people.find(person.key) == nullptr);
}

TEST_CASE("what no role can be is nobody") {
  Tier tier;
  auto person = kari();
  person.tenant = "";
  person.scope.name = "";
  tier.say("kari", tier.signedFor(person, "kari"));
  auto global = kari();
  global.role = Role::GLOBAL_ADMIN;
  tier.say("acme/kari", tier.signedFor(global, "acme/kari"));
  auto nowhere = kari();
  nowhere.tenant = "";
  nowhere.role = Role::REGION_OPS;
  nowhere.scope = {Scope::Of::REGION, ""};
  tier.say("kari", tier.signedFor(nowhere, "kari"));
  CHECK(tier.people.all().empty());
}

}  // namespace
}  // namespace skerry
