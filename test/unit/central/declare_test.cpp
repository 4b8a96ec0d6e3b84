#include "capnp/authority.capnp.h"
#include "test/unit/central/registry_world.h"

namespace skerry {
namespace {

using Outcomes = std::vector<std::string>;
using Keys = std::set<std::string>;
using InRegion = std::set<std::pair<std::string, std::string>>;

const TenantAndName POS{"acme", "pos"};

TEST_CASE("declaring makes objects, declaring them again changes and writes nothing") {
  RegistryWorld w;
  CHECK(w.apply(PLACES) == Outcomes{"tenant acme: created", "region north: created",
                                    "region south: created", "site oslo: created",
                                    "site bergen: created"});
  CHECK(w.apply(application("one")) == Outcomes{"application pos: created"});
  CHECK(w.touched.everywhere == Keys{"app/acme/pos"});
  auto before = w.store.rows;
  CHECK(w.apply(PLACES) == Outcomes{"tenant acme: unchanged", "region north: unchanged",
                                    "region south: unchanged", "site oslo: unchanged",
                                    "site bergen: unchanged"});
  CHECK(w.steps == 0);
  CHECK(w.apply(application("one")) == Outcomes{"application pos: unchanged"});
  CHECK(w.steps == 0);
  CHECK(w.touched.everywhere.empty());
  CHECK(w.touched.inRegion.empty());
  CHECK(w.store.rows == before);
}

TEST_CASE("what is written differently and means the same revision is no new revision") {
  RegistryWorld w;
  w.apply(PLACES + "---\n" + application("one"));
  auto revision = w.registry.applications.at(POS).allowed;
  CHECK(w.apply(application("one") + "priority: 3\n") == Outcomes{"application pos: changed"});
  CHECK(w.registry.applications.at(POS).allowed == revision);
}

TEST_CASE("an intent names the newest revision and keeps four more to return to") {
  RegistryWorld w;
  w.apply(PLACES);
  std::vector<Hash> newest;
  for (int i = 0; i < 8; ++i) {
    w.apply(application("word" + std::to_string(i), "customer = acme"));
    auto& app = w.registry.applications.at(POS);
    newest.insert(newest.begin(), app.allowed.front());
    if (newest.size() > 5) newest.pop_back();
    CHECK(app.allowed == newest);
    auto statement = w.opened("intent", app.intent);
    CHECK(statement.id == "acme/pos");
    CHECK(statement.tenant == "acme");
    CHECK(statement.seq == app.intentSeq);
    Decoded<schema::Intent> intent(statement.body);
    CHECK(Hash::from(intent.get().getRevision()) == newest.front());
    CHECK(intent.get().getAllowed().size() == newest.size());
    CHECK(text(intent.get().getSelector()) == "customer = acme");
    CHECK(copy(intent.get().getGen()) == app.gen);
    for (auto& hash : newest) CHECK(w.blobs.has(hash));
    for (size_t r = 0; r < app.revisions.size(); ++r) {
      CHECK(w.opened("revision", app.revisions[r]).bodyHash == newest[r]);
    }
  }
  // What fell out of the set is swept, in memory and in the store.
  size_t stored = 0;
  for (auto& [key, value] : w.store.rows) stored += std::get<1>(key) == Table::BLOB ? 1 : 0;
  CHECK(stored == 5);
}

TEST_CASE("declaring an older revision again is a newer intent for the same content") {
  RegistryWorld w;
  w.apply(PLACES + "---\n" + application("one"));
  auto first = w.registry.applications.at(POS);
  w.apply(application("two"));
  auto second = w.registry.applications.at(POS);
  w.apply(application("one"));
  auto third = w.registry.applications.at(POS);
  CHECK(third.allowed == std::vector<Hash>{first.allowed[0], second.allowed[0]});
  CHECK(third.revisions == std::vector<Bytes>{first.revisions[0], second.revisions[0]});
  CHECK(third.intentSeq > second.intentSeq);
  CHECK(third.gen == first.gen);
}

TEST_CASE("other labels sign the site's record anew, and neither its home nor anything else") {
  RegistryWorld w;
  w.apply(PLACES + "---\n" + application("one"));
  w.join("north", 3);
  auto before = w.registry.sites.at("oslo");
  auto app = w.registry.applications.at(POS).intent;
  CHECK(w.apply("kind: Site\nname: oslo\nregion: north\nlabels: { customer: other }\n") ==
        Outcomes{"site oslo: changed"});
  auto& after = w.registry.sites.at("oslo");
  CHECK(after.record != before.record);
  CHECK(after.home == before.home);
  CHECK(after.homeGen == before.homeGen);
  CHECK(after.gen == before.gen);
  CHECK(w.registry.applications.at(POS).intent == app);
  CHECK(w.touched.everywhere.empty());
  CHECK(w.touched.inRegion == InRegion{{"north", "site/oslo"}});
  Decoded<schema::SiteRecord> record(w.opened("site", after.record).body);
  CHECK(record.get().getLabels().size() == 1);
  CHECK(text(record.get().getLabels()[0].getValue()) == "other");
}

TEST_CASE("a site has a home once its region has joined, and a new one for a new document key") {
  RegistryWorld w;
  w.apply(PLACES);
  CHECK(w.registry.sites.at("oslo").home.empty());
  w.join("north", 3);
  CHECK(w.touched.inRegion == InRegion{{"north", "site/oslo"}});
  CHECK(w.registry.sites.at("bergen").home.empty());
  auto statement = w.opened("home", w.registry.sites.at("oslo").home);
  Decoded<schema::Home> home(statement.body);
  CHECK(statement.id == "oslo");
  CHECK(text(home.get().getRegion()) == "north");
  CHECK(copy(home.get().getDocumentKey()) == Bytes(32, 3));
  CHECK(home.get().getHomeGen() == 1);
  auto first = w.registry.sites.at("oslo").home;
  w.join("north", 3);
  CHECK(w.registry.sites.at("oslo").home == first);
  w.join("north", 4);
  CHECK(w.registry.sites.at("oslo").homeGen == 2);
  w.apply("kind: Site\nname: molde\nregion: north\n");
  CHECK(!w.registry.sites.at("molde").home.empty());
}

TEST_CASE("an unknown tenant or region is refused with the manifest and the path") {
  RegistryWorld w;
  auto refused = w.refusals("kind: Tenant\nname: other\n---\n" + application("one") +
                            "---\nkind: Site\nname: oslo\nregion: nowhere\n");
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].code == 3);
  CHECK(refused[0].reason == "not-found");
  CHECK(refused[0].manifest == 1);
  CHECK(refused[0].path == "tenant");
  CHECK(refused[0].message.find("'acme'") != std::string::npos);
  CHECK(refused[1].manifest == 2);
  CHECK(refused[1].path == "region");
  CHECK(w.registry.tenants.empty());
}

TEST_CASE("what is declared in the same file counts as known") {
  RegistryWorld w;
  CHECK(w.refusals(PLACES + "---\n" + application("one")).empty());
}

TEST_CASE("a site that belongs to a region is not moved by declaring it elsewhere") {
  RegistryWorld w;
  w.apply(PLACES);
  auto refused = w.refusals("kind: Site\nname: oslo\nregion: south\n");
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == 6);
  CHECK(refused[0].reason == "site-has-region");
}

TEST_CASE("a specification too large for a blob is refused before anything moves") {
  RegistryWorld w;
  w.apply(PLACES);
  std::string yaml = application("one");
  capnp::MallocMessageBuilder message;
  auto app = message.initRoot<schema::Manifest>().initApplication();
  app.setTenant("acme");
  app.setName("large");
  auto services = app.initServices(50);
  for (unsigned i = 0; i < 50; ++i) {
    services[i].setName("s" + std::to_string(i));
    services[i].setImage("image");
    auto variable = services[i].initEnvironment(1)[0];
    variable.setName("LARGE");
    variable.setValue(std::string(30'000, 'x'));
  }
  schema::Manifest::Reader manifest = message.getRoot<schema::Manifest>().asReader();
  auto refused = w.declarations.check({&manifest, 1});
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == 2);
  CHECK(refused[0].reason == "too-large");
  CHECK(refused[0].manifest == 0);
}

TEST_CASE("what still has something is deleted only with what it has") {
  RegistryWorld w;
  w.apply(PLACES + "---\n" + application("one") + "---\n" + application("one", "", "erp"));
  auto refused = w.declarations.checkRemoval("tenant", {"", "acme"}, false);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == 6);
  CHECK(refused[0].reason == "in-use");
  CHECK(refused[0].message.find("application erp, application pos") != std::string::npos);
  CHECK(w.declarations.checkRemoval("region", {"", "north"}, false).size() == 1);
  CHECK(w.declarations.checkRemoval("tenant", {"", "acme"}, true).empty());
  CHECK(w.remove("tenant", {"", "acme"}) ==
        Outcomes{"application erp: deleted", "application pos: deleted", "tenant acme: deleted"});
  CHECK(w.touched.everywhere == Keys{"app/acme/erp", "app/acme/pos", "policy/acme"});
  CHECK(w.blobs.size() == 0);
  CHECK(w.remove("region", {"", "north"}) ==
        Outcomes{"site oslo: deleted", "region north: deleted"});
  CHECK(w.touched.inRegion == InRegion{{"north", "site/oslo"}});
  auto again = w.loaded();
  CHECK(again.tenants.empty());
  CHECK(again.applications.empty());
  CHECK(again.sites.size() == 1);
  CHECK(again.regions.size() == 1);
}

TEST_CASE("deleting what is not there, or what nobody declares, says so") {
  RegistryWorld w;
  for (std::string kind : {"tenant", "region", "site", "application"}) {
    auto refused = w.declarations.checkRemoval(kind, {"acme", "ghost"}, true);
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].code == 3);
    CHECK(refused[0].manifest == -1);
  }
  CHECK(w.declarations.checkRemoval("instance", {"", "x"}, false)[0].reason ==
        "kind-not-declared");
}

TEST_CASE("an application deleted and declared again is a new life with none of the old") {
  RegistryWorld w;
  w.apply(PLACES + "---\n" + application("one"));
  w.apply(application("two"));
  auto before = w.registry.applications.at(POS);
  CHECK(w.remove("application", POS) == Outcomes{"application pos: deleted"});
  w.apply(application("two"));
  auto& after = w.registry.applications.at(POS);
  CHECK(after.gen != before.gen);
  CHECK(after.gen.size() == 16);
  CHECK(after.allowed == std::vector<Hash>{before.allowed[0]});
  CHECK(after.intentSeq > before.intentSeq);
  CHECK(w.blobs.has(after.allowed[0]));
}

TEST_CASE("a site deleted and declared again has another life, and its tokens are gone") {
  RegistryWorld w;
  w.apply(PLACES);
  w.registry.tokens["t1"] = {"site", "oslo", "", 9, Hash(), 1, std::nullopt, false, 1};
  w.registry.tokens["t2"] = {"site", "bergen", "", 10, Hash(), 1, std::nullopt, false, 1};
  w.registry.tokens["t3"] = {"region", "oslo", "", 11, Hash(), 1, std::nullopt, false, 1};
  auto gen = w.registry.sites.at("oslo").gen;
  w.remove("site", {"", "oslo"});
  CHECK(w.touched.inRegion == InRegion{{"north", "site/oslo"}, {"north", "token/t1"}});
  CHECK(w.registry.tokens.size() == 2);
  w.apply("kind: Site\nname: oslo\nregion: north\n");
  CHECK(w.registry.sites.at("oslo").gen != gen);
}

TEST_CASE("every statement takes a greater sequence than those before it, also after a restart") {
  RegistryWorld w;
  AuthoritySeq last;
  auto newer = [&](const Bytes& envelope) {
    auto seq = seqOf(envelope);
    CHECK(seq.era == 7);
    CHECK(seq > last);
    last = seq;
  };
  w.apply("kind: Tenant\nname: acme\n");
  newer(w.registry.tenants.at("acme").policy);
  w.apply(application("one"));
  newer(w.registry.applications.at(POS).revisions[0]);
  newer(w.registry.applications.at(POS).intent);
  auto again = w.loaded();
  Batch rows;
  CHECK(again.nextSeq(rows) > last);
}

}  // namespace
}  // namespace skerry
