#include "capnp/authority.capnp.h"
#include "test/unit/central/registry_world.h"

namespace skerry {
namespace {

using Keys = std::set<std::string>;

struct OrdersWorld : RegistryWorld {
  OrdersWorld() { apply(PLACES + "---\n" + application("one")); }
  void token(const std::string& id, const std::string& kind, const std::string& name) {
    registry.tokens[id] = {kind, name, "host1", 9, sha256(view("secret")), 1'234, std::nullopt,
                           false, {7, 55}};
  }
  std::optional<OrderReading> read(const std::string& region, const std::string& key) {
    return readOrder(registry, region, key);
  }
};

TEST_CASE("a region's orders are its own sites and tokens, and every tenant and application") {
  OrdersWorld w;
  w.token("t1", "site", "oslo");
  w.token("t2", "site", "bergen");
  w.token("t3", "region", "north");
  CHECK(orderKeys(w.registry, "north") ==
        Keys{"app/acme/pos", "policy/acme", "site/oslo", "token/t1"});
  CHECK(orderKeys(w.registry, "south") ==
        Keys{"app/acme/pos", "policy/acme", "site/bergen", "token/t2"});
  for (std::string region : {"north", "south"}) {
    auto keys = orderKeys(w.registry, region);
    for (auto& key : keys) CHECK(w.read(region, key).has_value());
  }
  for (std::string key : {"site/bergen", "token/t2", "token/t3", "token/t9", "site/ghost",
                          "app/acme/ghost", "policy/ghost", "policy/"}) {
    CAPTURE(key);
    CHECK(!w.read("north", key).has_value());
  }
}

TEST_CASE("a revoked token leaves the orders") {
  OrdersWorld w;
  w.token("t1", "site", "oslo");
  CHECK(w.read("north", "token/t1").has_value());
  w.registry.tokens.at("t1").revoked = true;
  CHECK(!w.read("north", "token/t1").has_value());
  CHECK(!orderKeys(w.registry, "north").contains("token/t1"));
}

TEST_CASE("a token is relayed by the hash of its secret, and lives as long as its site") {
  OrdersWorld w;
  w.token("t1", "site", "oslo");
  auto reading = *w.read("north", "token/t1");
  Decoded<schema::TokenOrder> order(reading.value);
  CHECK(Hash::from(order.get().getSecretHash()) == sha256(view("secret")));
  CHECK(text(order.get().getSite()) == "oslo");
  CHECK(text(order.get().getHost()) == "host1");
  CHECK(order.get().getHostNumber() == 9);
  CHECK(order.get().getExpiresMs() == 1'234);
  CHECK(reading.gen == w.registry.sites.at("oslo").gen);
  CHECK(reading.seq == AuthoritySeq{7, 55});
}

TEST_CASE("an application's order carries what was signed and refers to its allowed contents") {
  OrdersWorld w;
  w.apply(application("two"));
  auto& app = w.registry.applications.at({"acme", "pos"});
  auto reading = *w.read("north", "app/acme/pos");
  CHECK(reading.gen == app.gen);
  CHECK(reading.seq == app.intentSeq);
  CHECK(reading.blobs == app.allowed);
  Decoded<schema::AppOrder> order(reading.value);
  CHECK(encode<schema::Signed>(order.get().getIntent()) == app.intent);
  REQUIRE(order.get().getRevisions().size() == 2);
  Decoded<schema::Signed> newest(app.revisions[0]);
  CHECK(order.get().getRevisions()[0].getStatement() == newest.get().getStatement());
  CHECK(order.get().getRevisions()[0].getSignature() == newest.get().getSignature());
  CHECK(order.get().getRevisions()[0].getBody().size() == 0);
  CHECK(reading.value == w.read("south", "app/acme/pos")->value);
}

TEST_CASE("a site's order has its home once there is one, and the newer sequence of the two") {
  OrdersWorld w;
  auto before = *w.read("north", "site/oslo");
  CHECK(before.seq == seqOf(w.registry.sites.at("oslo").record));
  Decoded<schema::SiteOrder> without(before.value);
  CHECK(without.get().getHome().getStatement().size() == 0);
  w.join("north", 3);
  auto after = *w.read("north", "site/oslo");
  Decoded<schema::SiteOrder> order(after.value);
  CHECK(encode<schema::Signed>(order.get().getRecord()) == w.registry.sites.at("oslo").record);
  CHECK(encode<schema::Signed>(order.get().getHome()) == w.registry.sites.at("oslo").home);
  CHECK(after.seq == seqOf(w.registry.sites.at("oslo").home));
  w.apply("kind: Site\nname: oslo\nregion: north\nlabels: { a: \"1\" }\n");
  CHECK(w.read("north", "site/oslo")->seq == seqOf(w.registry.sites.at("oslo").record));
}

TEST_CASE("what was not changed reads as the same bytes") {
  OrdersWorld w;
  auto before = w.read("north", "site/oslo")->value;
  w.apply(application("two"));
  CHECK(w.read("north", "site/oslo")->value == before);
}

}  // namespace
}  // namespace skerry
