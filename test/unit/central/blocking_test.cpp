// Blocks, operator labels and apply sets: what is said of objects beside their manifests.
#include "capnp/authority.capnp.h"
#include "test/unit/central/registry_world.h"

namespace skerry {
namespace {

using Keys = std::set<std::string>;
using InRegion = std::set<std::pair<std::string, std::string>>;

const BlockWord UNPAID{"unpaid", 5};

std::optional<BlockWord> blockIn(RegistryWorld& w, const Bytes& envelope) {
  Decoded<schema::Signed> decoded(envelope);
  Decoded<schema::Statement> about(decoded.get().getStatement());
  auto kind = text(about.get().getKind());
  auto statement = w.opened(kind, envelope);
  if (kind == "policy") return readBlock(Decoded<schema::Policy>(statement.body).get());
  return readBlock(Decoded<schema::SiteRecord>(statement.body).get());
}

struct Blocking : RegistryWorld {
  std::string block(const std::string& kind, const std::string& name,
                    const std::optional<BlockWord>& word) {
    REQUIRE(declarations.checkBlock(kind, name).empty());
    Batch rows;
    touched = {};
    auto outcome = declarations.block(kind, name, word, rows, touched).outcome;
    keep(kj::mv(rows));
    return outcome;
  }
  std::string label(const LabelChange& change) {
    for (auto& refusal : declarations.checkLabels("oslo", change)) return refusal.reason;
    Batch rows;
    touched = {};
    auto outcome = declarations.label("oslo", change, rows, touched).outcome;
    keep(kj::mv(rows));
    return outcome;
  }
  void applySet(const std::string& set, const std::string& yaml) {
    apply(yaml);
    Batch rows;
    Parsed parsed(yaml);
    for (auto manifest : parsed.all()) declarations.remember(nameOf(manifest), set, rows);
    keep(kj::mv(rows));
  }
};

TEST_CASE("a block of a tenant is in every region's policy, until it ends") {
  Blocking w;
  w.apply(PLACES);
  w.apply("kind: Tenant\nname: acme\nquota: { instances: 9 }\n");
  CHECK(w.block("tenant", "acme", UNPAID) == "blocked");
  CHECK(w.touched.everywhere == Keys{"policy/acme"});
  for (auto region : {"north", "south", "elsewhere"}) {
    CHECK(blockIn(w, w.registry.tenants.at("acme").policyFor(region)) == UNPAID);
  }
  CHECK(w.loaded().tenants.at("acme").block == UNPAID);
  // Applying the tenant again, or sharing its quota anew, does not unblock it.
  w.apply("kind: Tenant\nname: acme\nquota: { instances: 8 }\n");
  CHECK(blockIn(w, w.registry.tenants.at("acme").policyFor("north")) == UNPAID);
  auto last = seqOf(w.registry.tenants.at("acme").policyFor("north"));
  CHECK(w.block("tenant", "acme", std::nullopt) == "unblocked");
  CHECK(!blockIn(w, w.registry.tenants.at("acme").policyFor("north")));
  CHECK(seqOf(w.registry.tenants.at("acme").policyFor("north")) > last);
}

TEST_CASE("saying a block again writes nothing and keeps since when it is") {
  Blocking w;
  w.apply(PLACES);
  w.block("site", "oslo", UNPAID);
  CHECK(w.touched.inRegion == InRegion{{"north", "site/oslo"}});
  CHECK(w.block("site", "oslo", BlockWord{"unpaid", 99}) == "blocked");
  CHECK(w.steps == 0);
  CHECK(w.registry.sites.at("oslo").block == UNPAID);
  CHECK(w.block("tenant", "acme", std::nullopt) == "unblocked");
  CHECK(w.steps == 0);
}

TEST_CASE("a site's and a host's block are in the site's record, and outlive its manifest") {
  Blocking w;
  w.apply(PLACES);
  w.block("site", "oslo", UNPAID);
  w.block("host", "oslo/box1", BlockWord{"stolen", 6});
  w.apply("kind: Site\nname: oslo\nregion: north\nlabels: { customer: other }\n");
  CHECK(blockIn(w, w.registry.sites.at("oslo").record) == UNPAID);
  Decoded<schema::SiteRecord> record(w.opened("site", w.registry.sites.at("oslo").record).body);
  CHECK(readBlockedHosts(record.get()) == BlockedHosts{{"box1", {"stolen", 6}}});
  CHECK(w.loaded().sites.at("oslo").blockedHosts == BlockedHosts{{"box1", {"stolen", 6}}});
  w.block("host", "oslo/box1", std::nullopt);
  w.block("site", "oslo", std::nullopt);
  CHECK(!blockIn(w, w.registry.sites.at("oslo").record));
  CHECK(w.registry.sites.at("oslo").blockedHosts.empty());
}

TEST_CASE("what cannot be blocked is refused with what can") {
  Blocking w;
  w.apply(PLACES);
  auto code = [&](const char* kind, const char* name) {
    auto refusals = w.declarations.checkBlock(kind, name);
    return refusals.empty() ? 0 : int(refusals[0].code);
  };
  CHECK(code("tenant", "nobody") == 3);
  CHECK(code("site", "nowhere") == 3);
  CHECK(code("host", "nowhere/box1") == 3);
  CHECK(code("host", "box1") == 2);
  CHECK(code("host", "oslo/") == 2);
  CHECK(code("region", "north") == 2);
  CHECK(code("host", "oslo/box1") == 0);
}

TEST_CASE("an operator's labels come before the manifest's and stay when that is applied again") {
  Blocking w;
  w.apply(PLACES);
  CHECK(w.label({{{"size", "large"}, {"customer", "beta"}}, {}}) == "changed");
  CHECK(w.touched.inRegion == InRegion{{"north", "site/oslo"}});
  CHECK(w.label({{{"size", "large"}}, {}}) == "unchanged");
  std::map<std::string, std::string> both{{"customer", "beta"}, {"size", "large"}};
  CHECK(w.registry.sites.at("oslo").labels == both);
  w.apply("kind: Site\nname: oslo\nregion: north\nlabels: { customer: acme, city: oslo }\n");
  both["city"] = "oslo";
  CHECK(w.registry.sites.at("oslo").labels == both);
  CHECK(w.loaded().sites.at("oslo").labels == both);
  CHECK(w.label({{}, {"city"}}) == "declared");
  CHECK(w.label({{}, {"customer", "size"}}) == "changed");
  CHECK(w.registry.sites.at("oslo").labels ==
        std::map<std::string, std::string>{{"customer", "acme"}, {"city", "oslo"}});
}

TEST_CASE("what came with a set and does not come any more would be pruned, but never a tenant") {
  Blocking w;
  w.apply(PLACES);
  w.applySet("shop",
             "kind: Tenant\nname: beta\n---\n" + application("one") + "---\n" +
                 application("one", "", "kiosk") +
                 "---\nkind: Region\nname: west\n---\nkind: Site\nname: loen\nregion: west\n");
  auto pruned = [&](const std::string& set, const std::string& yaml) {
    std::string names;
    for (auto& object : prunedBy(w.registry, set, Parsed(yaml).all())) {
      names += object.kind + "/" + object.name.second + " ";
    }
    return names;
  };
  CHECK(pruned("shop", application("two")) == "application/kiosk site/loen region/west ");
  CHECK(pruned("other", application("two")).empty());
  CHECK(pruned("", application("two")).empty());
  // Kept by a reload, and taken over by the set that it comes with next.
  CHECK(w.loaded().applications.at({"acme", "kiosk"}).set == "shop");
  w.applySet("other", application("one", "", "kiosk"));
  CHECK(pruned("shop", application("two")) == "site/loen region/west ");
  // A region that keeps a site is not pruned.
  auto stays = Parsed("kind: Site\nname: loen\nregion: west\n");
  auto refused = checkPruning(w.registry, prunedBy(w.registry, "shop", stays.all()), stays.all());
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == 6);
  CHECK(refused[0].message.find("'loen'") != std::string::npos);
}

}  // namespace
}  // namespace skerry
