// Letting regions in.
#include "test/unit/central/central_world.h"

namespace skerry {
namespace {

TEST_CASE("a region that joins gets its certificates, and its sites a home that names its key") {
  CentralWorld w;
  Machine north(3);
  auto answer = w.ask(w.token("region", "north"), north);
  REQUIRE(std::holds_alternative<Enrolled>(answer));
  auto& enrolled = std::get<Enrolled>(answer);
  CHECK(enrolled.name == "region:north");
  CHECK(enrolled.writer >= 2);
  CHECK(keyHash(*enrolled.chain[0]) == keyHash(*north.device));
  CHECK(keyHash(*enrolled.ca) == keyHash(*north.ca));
  for (int lives = 0; lives < 2; ++lives) {
    auto& region = w.core().registry.regions.at("north");
    CHECK(region.deviceKey == keyHash(*north.device));
    CHECK(region.documentKey == north.documentKey);
    CHECK(w.core().registry.sites.at("oslo").homeKey == north.documentKey);
    CHECK(!w.core().registry.sites.at("oslo").home.empty());
    REQUIRE(w.core().children.contains("north"));
    CHECK(w.core().children.at("north")->document().orders().find("site/oslo").has_value());
    CHECK(!w.core().registry.regions.at("south").joined());
    w.begin();
  }
}

TEST_CASE("a lost answer is asked for again with the same key, even after the token has expired") {
  CentralWorld w;
  Machine north(3), thief(4);
  auto token = w.token("region", "north", 60'000);
  CHECK(w.outcome(token, north) == "region:north");
  auto number = w.core().registry.regions.at("north").number;
  w.world.runFor(120'000);
  CHECK(w.outcome(token, north) == "region:north");
  CHECK(w.core().registry.regions.at("north").number == number);
  CHECK(w.core().registry.sites.at("oslo").homeGen == 1);
  CHECK(w.outcome(token, thief) == "token-used");
  CHECK(w.core().registry.regions.at("north").deviceKey == keyHash(*north.device));
}

TEST_CASE("expired, foreign, revoked and misused tokens let nobody in") {
  CentralWorld w;
  Machine north(3);
  auto expired = w.token("region", "north", 60'000);
  w.world.runFor(61'000);
  CHECK(w.outcome(expired, north) == "token-expired");
  auto forged = w.token("region", "north");
  forged.secret[0] ^= 1;
  CHECK(w.outcome(forged, north) == "token-unknown");
  auto unknown = w.token("region", "north");
  unknown.id += "x";
  CHECK(w.outcome(unknown, north) == "token-unknown");
  auto asSite = w.token("region", "north");
  CHECK(w.outcome(asSite, north, false) == "request-malformed");
  auto revoke = w.service->admin().revokeTokenRequest();
  revoke.setName("north");
  w.world.run(revoke.send().ignoreResult(), 10'000);
  CHECK(w.outcome(asSite, north) == "token-unknown");
  w.core().registry.regions.at("north").address = "north:443";
  auto site = w.token("site", "oslo");
  site.addresses = {"central:7000"};
  CHECK(w.outcome(site, north) == "token-unknown");
  CHECK(!w.core().registry.regions.at("north").joined());
  CHECK(w.core().children.empty());
}

TEST_CASE("a token of another central's root is not used here: its bearer does not believe us") {
  CentralWorld w;
  Machine north(3);
  auto token = w.token("region", "north");
  token.rootKey = sha256(view("another root"));
  CHECK_THROWS_AS(w.ask(token, north), kj::Exception);
  CHECK(!w.core().registry.regions.at("north").joined());
}

TEST_CASE("a machine that was replaced does not come back with its old token") {
  CentralWorld w;
  Machine first(3), second(4);
  auto old = w.token("region", "north");
  CHECK(w.outcome(old, first) == "region:north");
  auto number = w.core().registry.regions.at("north").number;
  CHECK(w.outcome(w.token("region", "north"), second) == "region:north");
  CHECK(w.core().registry.regions.at("north").number == number);
  CHECK(w.core().registry.sites.at("oslo").homeGen == 2);
  CHECK(w.outcome(old, first) == "token-used");
  CHECK(w.core().registry.regions.at("north").deviceKey == keyHash(*second.device));
}

TEST_CASE("what is applied while a region joins is not lost to it") {
  CentralWorld w;
  Machine north(3);
  auto token = w.token("region", "north");
  Joiner joiner{*north.device};
  joiner.caKey = north.ca.get();
  joiner.documentKey = north.documentKey;
  auto joining = enroll(w.other.host(), *w.transport, token, joiner).eagerlyEvaluate(nullptr);
  for (int i = 0; i < 40; ++i) {
    w.apply("kind: Site\nname: oslo\nregion: north\nlabels: { turn: \"" + std::to_string(i) +
            "\" }\n");
    w.world.runFor(1);
  }
  w.world.run(kj::mv(joining), 60'000);
  auto record = w.core().registry.sites.at("oslo").record;
  auto home = w.core().registry.sites.at("oslo").home;
  CHECK(!home.empty());
  w.begin();
  CHECK(w.core().registry.sites.at("oslo").record == record);
  CHECK(w.core().registry.sites.at("oslo").home == home);
}

TEST_CASE("a site's token is not made before its region has said where its sites reach it") {
  CentralWorld w;
  CHECK(w.grant("site", "oslo") == "6 no-region-address");
  CHECK(w.grant("site", "ghost") == "3 not-found");
  CHECK(w.grant("region", "ghost") == "3 not-found");
  w.core().registry.regions.at("north").address = "north:443";
  auto token = w.token("site", "oslo");
  CHECK(token.kind == TokenKind::SITE);
  CHECK(token.addresses == std::vector<std::string>{"north:443"});
}

TEST_CASE("no two tokens give the same number, and all of one region's give its own") {
  CentralWorld w;
  w.core().registry.regions.at("north").address = "north:443";
  std::set<uint32_t> numbers{CENTRAL_NUMBER};
  for (int i = 0; i < 3; ++i) CHECK(numbers.insert(w.token("site", "oslo").writer).second);
  auto north = w.token("region", "north").writer;
  CHECK(numbers.insert(north).second);
  CHECK(w.token("region", "north").writer == north);
  CHECK(numbers.insert(w.token("region", "south").writer).second);
  w.begin();
  CHECK(w.token("region", "north").writer == north);
}

TEST_CASE("a region that was deleted is forgotten with its document and its tokens") {
  CentralWorld w;
  Machine north(3);
  auto token = w.token("region", "north");
  CHECK(w.outcome(token, north) == "region:north");
  auto request = w.service->admin().deleteRequest();
  request.initQuery().setKind("region");
  request.getQuery().setName("north");
  request.setCascade(true);
  w.world.run(request.send().ignoreResult(), 10'000);
  CHECK(w.core().children.empty());
  CHECK(w.outcome(token, north) == "token-unknown");
  w.begin();
  CHECK(w.core().children.empty());
  CHECK(!w.core().registry.regions.contains("north"));
}

}  // namespace
}  // namespace skerry
