#include "test/unit/central/registry_world.h"

namespace skerry {
namespace {

const TenantAndName POS{"acme", "pos"};

TEST_CASE("what is declared is the same after a restart") {
  RegistryWorld w;
  w.apply(PLACES + "---\n" + application("one", "customer = acme"));
  w.apply(application("two", "customer = acme"));
  w.join("north", 3);
  Batch rows;
  w.registry.regions.at("north").address = "north:443";
  w.registry.regions.at("north").number = w.registry.nextNumber(rows);
  w.registry.saveRegion("north", rows);
  TokenObject token{"site", "oslo", "host1", 5, sha256(view("secret")), 99,
                    sha256(view("device")), true, {3, 8}};
  w.registry.tokens["t1"] = token;
  w.registry.saveToken("t1", rows);
  w.keep(kj::mv(rows));

  auto again = w.loaded();
  REQUIRE(again.tenants.size() == 1);
  CHECK(again.tenants.at("acme").manifest == w.registry.tenants.at("acme").manifest);
  CHECK(again.tenants.at("acme").policy == w.registry.tenants.at("acme").policy);
  CHECK(again.tenants.at("acme").gen == w.registry.tenants.at("acme").gen);
  auto& region = again.regions.at("north");
  CHECK(region.joined());
  CHECK(region.deviceKey == sha256(view(Bytes(1, 3))));
  CHECK(region.documentKey == Bytes(32, 3));
  CHECK(region.address == "north:443");
  CHECK(region.number == 2);
  CHECK(!again.regions.at("south").joined());
  auto &site = again.sites.at("oslo"), &was = w.registry.sites.at("oslo");
  CHECK(site.record == was.record);
  CHECK(site.home == was.home);
  CHECK(site.homeGen == 1);
  CHECK(site.homeKey == was.homeKey);
  CHECK(site.labels == was.labels);
  CHECK(site.region == "north");
  CHECK(site.gen == was.gen);
  auto &app = again.applications.at(POS), &wasApp = w.registry.applications.at(POS);
  CHECK(app.intent == wasApp.intent);
  CHECK(app.intentSeq == wasApp.intentSeq);
  CHECK(app.revisions == wasApp.revisions);
  CHECK(app.allowed == wasApp.allowed);
  CHECK(app.selector == "customer = acme");
  CHECK(app.manifest == wasApp.manifest);
  auto& kept = again.tokens.at("t1");
  CHECK(kept.kind == "site");
  CHECK(kept.host == "host1");
  CHECK(kept.secretHash == token.secretHash);
  CHECK(kept.usedBy == token.usedBy);
  CHECK(kept.revoked);
  CHECK(kept.seq == AuthoritySeq{3, 8});
}

TEST_CASE("applying the same after a restart is still no change") {
  RegistryWorld w;
  auto yaml = PLACES + "---\n" + application("one");
  w.apply(yaml);
  auto again = w.loaded();
  Blobs blobs;
  AuthorityIssuer issuer(again, *w.authority, w.clock, w.entropy);
  Declarations declarations(again, blobs, issuer);
  Parsed parsed(yaml);
  for (auto manifest : parsed.all()) CHECK(declarations.compare(manifest).outcome == "unchanged");
}

TEST_CASE("what was removed stays removed after a restart") {
  RegistryWorld w;
  w.apply(PLACES + "---\n" + application("one"));
  w.remove("application", POS);
  w.remove("site", {"", "oslo"});
  auto again = w.loaded();
  CHECK(again.applications.empty());
  CHECK(!again.sites.contains("oslo"));
  CHECK(again.sites.contains("bergen"));
}

TEST_CASE("counters never give a number twice, also after a restart") {
  RegistryWorld w;
  std::set<uint32_t> numbers{CENTRAL_NUMBER};
  for (int i = 0; i < 3; ++i) {
    Batch rows;
    CHECK(numbers.insert(w.registry.nextNumber(rows)).second);
    w.keep(kj::mv(rows));
  }
  auto again = w.loaded();
  Batch rows;
  CHECK(numbers.insert(again.nextNumber(rows)).second);
  CHECK(again.getEra() == 7);
  CHECK_THROWS_AS(again.setEra(6, rows), kj::Exception);
}

TEST_CASE("a damaged counter stops the start instead of beginning anew") {
  Registry registry;
  CHECK_THROWS_AS(registry.load({}, {}, {{copy(view("seq")), Bytes(3)}}), kj::Exception);
}

}  // namespace
}  // namespace skerry
