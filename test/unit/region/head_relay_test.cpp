#include "tier_region/head_relay.h"
#include "test/sim/sim_world.h"
#include "test/support/authority.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

// A region's orders, edited as central does, and what it makes of the head in them.
struct Relay {
  SimWorld world{4};
  Authority central;
  std::unique_ptr<Signer> documents = signerOf(5);
  Orders orders{DocumentKind::REGION, "region/north"};
  std::vector<Bytes> statements;  // in force
  std::vector<std::string> sites{"bergen", "oslo"}, projected;
  HeadRelay relay{HeadRelay::Parts{world.timer(), orders, [this] { return sites; },
                                   [this](const std::string& site) { projected.push_back(site); }},
                  central.key(), "north"};

  Relay() {
    put("policy/acme", keep(central.policy("acme")));
    site("oslo");
    app("pos");
    put("token/t1", Bytes(8, 0));
  }
  Bytes keep(Bytes envelope) {
    statements.push_back(envelope);
    return envelope;
  }
  void put(const std::string& key, const Bytes& value) {
    OrderEntry entry;
    entry.gen = Gen::from(view(lifeOf(1)));
    entry.value = value;
    OrdersEdit edit;
    edit.puts[key] = encodeOrderEntry(entry);
    commit(edit);
  }
  void commit(const OrdersEdit& edit) {
    auto edited = orders.edit(edit, 1, {1, 3, *documents});
    KJ_REQUIRE(edited.refused.empty(), edited.refused.c_str());
  }
  void site(const std::string& name) {
    capnp::MallocMessageBuilder message;
    auto order = message.initRoot<schema::SiteOrder>();
    setSigned(order.initRecord(), keep(central.site(name, {})));
    setSigned(order.initHome(), keep(central.home(name, nullptr)));
    put("site/" + name, encode<schema::SiteOrder>(order));
  }
  void app(const std::string& name) {
    capnp::MallocMessageBuilder message;
    auto order = message.initRoot<schema::AppOrder>();
    IntentDraft draft;
    draft.app = name;
    setSigned(order.initIntent(), keep(central.intent(draft)));
    auto revisions = order.initRevisions(2);
    for (auto revision : revisions) {
      setSigned(revision, keep(central.revision("acme", name, view(name))));
    }
    put("app/acme/" + name, encode<schema::AppOrder>(order));
  }
  // The version that a head brings.
  AuthoritySeq next() const { return {3, orders.version().n + 1}; }
  void tell(const Bytes& head) {
    put(HEAD_KEY, head);
    relay.begin();
  }
  void tellTrue() { tell(central.head("north", 1'000, statements, next())); }
  std::string settled() {
    world.runFor(5'000);
    return relay.finding();
  }
};

TEST_CASE("a head that covers all statements of its version holds, and goes to every site") {
  Relay r;
  r.relay.begin();
  CHECK(r.settled() == "");
  CHECK(!r.relay.newest());
  r.projected.clear();
  r.tellTrue();
  CHECK(r.settled() == "");
  REQUIRE(r.relay.newest().has_value());
  CHECK(r.relay.newest()->timeMs == 1'000);
  CHECK(r.projected == r.sites);
}

TEST_CASE("a head that does not cover exactly the orders it came with is a finding") {
  Relay r;
  SUBCASE("a statement is missing in the orders") { r.keep(r.central.policy("other")); }
  SUBCASE("the orders hold one more") {
    r.put("policy/other", r.central.policy("other"));
  }
  SUBCASE("the orders hold an older one") {
    r.put("policy/acme", r.central.policy("acme"));
    r.statements.erase(r.statements.begin());
    r.keep(r.central.policy("acme"));
  }
  r.tellTrue();
  CHECK(r.settled().find("not what central's word") != std::string::npos);
  CHECK(r.projected == r.sites);  // it is central's word all the same
  r.statements.clear();
  r.put("policy/other", r.keep(r.central.policy("other")));
  r.put("policy/acme", r.keep(r.central.policy("acme")));
  r.site("oslo");
  r.app("pos");
  r.tellTrue();
  CHECK(r.settled() == "");
}

TEST_CASE("of later orders a head says nothing") {
  Relay r;
  r.put(HEAD_KEY, r.central.head("north", 1'000, r.statements, r.next()));
  r.put("policy/other", r.central.policy("other"));
  r.relay.begin();
  CHECK(r.settled() == "");
  CHECK(r.relay.newest().has_value());
}

TEST_CASE("a head that central did not sign for this region is a finding, and is not kept") {
  Relay r;
  Authority stranger(9);
  SUBCASE("signed by another") { r.tell(stranger.head("north", 1, r.statements, r.next())); }
  SUBCASE("about another region") { r.tell(r.central.head("south", 1, r.statements, r.next())); }
  SUBCASE("no head at all") { r.tell(r.central.policy("north")); }
  CHECK(r.settled().find("not believed") != std::string::npos);
  CHECK(!r.relay.newest());
}

TEST_CASE("ten thousand sites are told a few at a time, and an edit meanwhile harms nothing") {
  Relay r;
  r.sites.clear();
  for (int i = 0; i < 10'000; ++i) r.sites.push_back("s" + std::to_string(i));
  OrdersEdit many;
  for (size_t i = 0; i < 3 * HEAD_KEYS_PER_TURN; ++i) {
    OrderEntry entry;
    entry.gen = Gen::from(view(lifeOf(1)));
    entry.value = r.keep(r.central.policy("tenant" + std::to_string(i)));
    many.puts["policy/tenant" + std::to_string(i)] = encodeOrderEntry(entry);
  }
  r.commit(many);
  r.tellTrue();
  CHECK(r.projected.size() < HEAD_SITES_PER_TURN + 1);
  auto before = r.projected.size();
  for (size_t most = 0; r.projected.size() < r.sites.size(); before = r.projected.size()) {
    r.world.runFor(1);
    most = std::max(most, r.projected.size() - before);
    REQUIRE(most <= HEAD_SITES_PER_TURN);
  }
  bool changesMeanwhile = false;
  SUBCASE("nothing else happens") {}
  SUBCASE("an edit comes while the orders are read") { changesMeanwhile = true; }
  r.world.runFor(HEAD_TURN_PAUSE / kj::MILLISECONDS);
  if (changesMeanwhile) r.put("policy/acme", r.central.policy("acme"));
  CHECK(r.settled() == "");
  CHECK(r.relay.newest().has_value());
}

}  // namespace
}  // namespace skerry
