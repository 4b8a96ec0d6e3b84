// What a central that went on from a backup makes of what its regions show it.
#include "capnp/authority.capnp.h"
#include "test/unit/central/restored_world.h"
#include <algorithm>

namespace skerry {
namespace {

constexpr uint64_t SEEDS = 60;

const std::string BOUNDED = "kind: Tenant\nname: acme\nquota: { instances: 9 }\n",
                  UNBOUNDED = "kind: Tenant\nname: acme\n";

// Central before it is restored.
struct Before : HeardWorld {
  Before() {
    apply(PLACES);
    join("north", 1);
    join("south", 2);
  }
};

std::string outcomes(const RestoredWorld& restored, const std::string& outcome) {
  std::string all;
  for (auto& note : restored.recovery.notes) {
    if (note.outcome == outcome) all += note.child + " " + note.key + "\n";
  }
  return all;
}

TEST_CASE("what one region has not heard to be deleted is deleted, whichever is read first") {
  Before w;
  w.hearAll();
  w.backUp();
  w.apply(application("x"));
  w.hear("south");
  w.remove("application", {"acme", "pos"});
  w.apply(application("x", "", "later"));
  w.hear("north");
  for (auto& order : w.orders()) {
    RestoredWorld restored(w, order);
    CHECK_FALSE(restored.registry.applications.contains({"acme", "pos"}));
    CHECK(restored.registry.applications.contains({"acme", "later"}));
    CHECK_FALSE(restored.holds("south", "app/acme/pos"));
  }
}

TEST_CASE("what was deleted and made anew since the backup is adopted, whichever is read first") {
  Before w;
  w.apply(application("x"));
  w.hearAll();
  w.backUp();
  w.remove("application", {"acme", "pos"});
  w.hear("south");
  w.apply(application("anew"));
  w.hear("north");
  auto gen = w.registry.applications.at({"acme", "pos"}).gen;
  for (auto& order : w.orders()) {
    RestoredWorld restored(w, order);
    REQUIRE(restored.registry.applications.contains({"acme", "pos"}));
    CHECK(restored.registry.applications.at({"acme", "pos"}).gen == gen);
    CHECK(restored.holds("north", "app/acme/pos"));
    CHECK(restored.holds("south", "app/acme/pos"));
    CHECK(outcomes(restored, "conflict") == "");
  }
}

TEST_CASE("what only an earlier era knew is not deleted by the word of a later one") {
  Before w;
  w.hearAll();
  w.backUp();
  w.apply(application("x"));
  w.hear("south");
  // North was read after an earlier restore from the same backup, which south was not there for.
  RestoredWorld first(w, {"north"});
  first.apply(application("y", "", "other"));
  w.shown.at("north") = first.documents.at("north")->orders();
  w.contents.merge(first.contents);
  for (auto& order : w.orders()) {
    RestoredWorld second(w, order, first.registry.getEra() + 1);
    CHECK(second.registry.applications.contains({"acme", "pos"}));
    CHECK(second.registry.applications.contains({"acme", "other"}));
  }
}

TEST_CASE("a person who was removed stays nobody, though one region has not heard of it") {
  Before w;
  w.letIn("kari", {Scope::Of::EVERYTHING, ""}, 1);
  w.letIn("ola", {Scope::Of::REGION, "south"}, 2);
  w.hearAll();
  w.backUp();
  w.letIn("per", {Scope::Of::TENANT, "acme"}, 3);
  w.hear("south");
  w.removeUser("kari");
  w.removeUser("acme/per");
  w.apply(application("later"));
  w.hear("north");
  for (auto& order : w.orders()) {
    RestoredWorld restored(w, order);
    CHECK(restored.people() == "ola");
    CHECK_FALSE(restored.holds("south", "user/kari"));
    CHECK_FALSE(restored.holds("south", "user/acme/per"));
  }
}

TEST_CASE("what was deleted after the restore does not come back with a region that was away") {
  Before w;
  w.hearAll();
  w.backUp();
  w.apply(application("x"));
  w.hear("north");
  w.apply(application("y"));
  w.hear("south");
  RestoredWorld restored(w, {"north"});
  REQUIRE(restored.registry.applications.contains({"acme", "pos"}));
  restored.removeApplication({"acme", "pos"});
  restored.adopt("south");
  CHECK_FALSE(restored.registry.applications.contains({"acme", "pos"}));
  CHECK_FALSE(restored.holds("south", "app/acme/pos"));
}

TEST_CASE("what was applied after the restore is not deleted by a region that was away") {
  Before w;
  w.hearAll();
  w.backUp();
  w.apply(application("x"));
  w.hear("north");
  w.remove("application", {"acme", "pos"});
  w.apply(application("x", "", "later"));
  w.hear("south");
  RestoredWorld restored(w, {"north"});
  restored.apply(application("since"));
  restored.adopt("south");
  CHECK(restored.registry.applications.contains({"acme", "pos"}));
  CHECK(restored.holds("south", "app/acme/pos"));
}

TEST_CASE("a region that heard less does not undo a tenant's block or quota") {
  for (auto& quota : {BOUNDED, UNBOUNDED}) {
    Before w;
    w.apply(BOUNDED + "---\n" + application("x", "customer = acme"));
    w.hearAll();
    w.backUp();
    w.apply(application("y", "customer = acme") + "---\nkind: Tenant\nname: acme\n"
            "quota: { instances: 7 }\n");
    w.hear("south");
    w.apply(quota);
    w.block("acme", "unpaid");
    w.hear("north");
    auto truth = w.registry.tenants.at("acme").quota;
    for (auto& order : w.orders()) {
      RestoredWorld restored(w, order);
      auto& tenant = restored.registry.tenants.at("acme");
      REQUIRE(tenant.block.has_value());
      CHECK(tenant.block->reason == "unpaid");
      CHECK(tenant.quota == truth);
      for (auto region : {"north", "south"}) CHECK(restored.isBlocked(region, "acme"));
    }
  }
}

TEST_CASE("an operator's label stays one, and an object stays in its apply set") {
  Before w;
  w.label("oslo", "tier", "gold");
  w.setOf("oslo", "places");
  w.hearAll();
  w.backUp();
  w.apply("kind: Site\nname: oslo\nregion: north\nlabels: { customer: acme, size: big }\n");
  w.hearAll();
  RestoredWorld restored(w, {"north", "south"});
  auto& site = restored.registry.sites.at("oslo");
  CHECK(site.labels == w.registry.sites.at("oslo").labels);
  CHECK(site.operatorLabels == std::map<std::string, std::string>{{"tier", "gold"}});
  CHECK(site.set == "places");
  CHECK(restored.apply("kind: Site\nname: oslo\nregion: north\n"
                       "labels: { customer: acme, size: big }\n") ==
        std::vector<std::string>{"site oslo: unchanged"});
}

TEST_CASE("a site that moved to another region by deletion is there, whichever is read first") {
  Before w;
  w.hearAll();
  w.backUp();
  w.remove("site", {"", "oslo"});
  w.apply("kind: Site\nname: oslo\nregion: south\n");
  w.hear("south");
  w.shown.at("north") = w.backup.at("north");
  for (auto& order : w.orders()) {
    RestoredWorld restored(w, order);
    CHECK(restored.registry.sites.at("oslo").region == "south");
    CHECK_FALSE(restored.holds("north", "site/oslo"));
  }
}

// Random edits; every region hears of them at other moments; the backup is of one of those.
void edit(Before& w, SeededEntropy& chance) {
  std::string name(1, char('a' + chance.between(0, 2)));
  auto word = std::to_string(chance.between(0, 99));
  auto dice = chance.between(0, 99);
  if (dice < 35) {
    w.apply(application(word, "customer = acme", name));
  } else if (dice < 60) {
    if (w.registry.applications.contains({"acme", name})) w.remove("application", {"acme", name});
  } else if (dice < 70) {
    w.letIn(name, {Scope::Of::EVERYTHING, ""}, uint8_t(chance.between(1, 250)));
  } else if (dice < 80) {
    if (w.registry.users.contains(name)) w.removeUser(name);
  } else if (dice < 90) {
    w.apply(dice % 2 == 0 ? BOUNDED : UNBOUNDED);
  } else {
    w.block("acme", dice % 2 == 0 ? "unpaid" : "");
  }
}

TEST_CASE("regions read in any order make the same registry, which has what the newest shows") {
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    CAPTURE(seed);
    SeededEntropy chance(seed);
    Before w;
    w.apply("kind: Region\nname: west\n");
    w.join("west", 3);
    for (auto i = chance.between(0, 8); i > 0; --i) edit(w, chance);
    w.hearAll();
    w.backUp();
    std::string newest = "north";
    for (int i = 0; i < 12; ++i) {
      edit(w, chance);
      if (chance.between(0, 1) == 0) continue;
      auto region = chance.between(0, 2);
      newest = region == 0 ? "north" : region == 1 ? "south" : "west";
      w.hear(newest);
    }
    std::string first;
    for (auto& order : w.orders()) {
      CAPTURE(order[0] + " " + order[1] + " " + order[2]);
      RestoredWorld restored(w, order);
      auto all = restored.print();
      if (first.empty()) first = all;
      CHECK(all == first);
      for (auto& [key, entry] : w.shown.at(newest).entries()) {
        CAPTURE(key);
        CHECK(restored.holds(newest, key));
      }
      CHECK(outcomes(restored, "conflict") == "");
    }
  }
}

}  // namespace
}  // namespace skerry
