// Letting in hosts without a token.
#include "capnp/authority.capnp.h"
#include "shared/pki/host_id.h"
#include "test/unit/central/central_world.h"
#include "tier_central/orders.h"

namespace skerry {
namespace {

const std::string ID(HOST_ID_DIGITS, 'a');

struct ApproveWorld : CentralWorld {
  std::string approve(const std::string& id, const std::string& site,
                      const std::string& name = "") {
    auto request = service->admin().approveHostRequest();
    request.setId(id);
    request.setSite(site);
    request.setName(name);
    auto answer = world.run(request.send(), 10'000);
    if (answer.getProblems().size() == 0) return "approved";
    auto problem = answer.getProblems()[0];
    return std::to_string(problem.getCode()) + " " + problem.getReason().cStr();
  }
  std::string revoke(const std::string& name) {
    auto request = service->admin().revokeTokenRequest();
    request.setName(name);
    auto answer = world.run(request.send(), 10'000);
    return answer.getProblems().size() == 0 ? "revoked" : "not-found";
  }
  // What the region of the site is told; null: nothing.
  std::optional<OrderReading> order() {
    return readOrder(core().registry, "north", "token/" + ID);
  }
};

TEST_CASE("an approval goes to the site's region like a token, and outlives a restart") {
  ApproveWorld w;
  CHECK(w.approve(ID, "oslo", "till") == "approved");
  for (int lives = 0; lives < 2; lives++) {
    auto reading = w.order();
    REQUIRE(reading.has_value());
    Decoded<schema::TokenOrder> order(reading->value);
    CHECK(order.get().getCallsHome());
    CHECK(order.get().getSite() == "oslo");
    CHECK(order.get().getHost() == "till");
    CHECK(order.get().getSecretHash().size() == 0);
    CHECK(order.get().getHostNumber() >= 2);
    CHECK_FALSE(readOrder(w.core().registry, "south", "token/" + ID).has_value());
    w.begin();
  }
}

TEST_CASE("approving again changes no number, and can name the host") {
  ApproveWorld w;
  CHECK(w.approve(ID, "oslo") == "approved");
  auto number = w.core().registry.tokens.at(ID).number;
  CHECK(w.approve(ID, "oslo", "till") == "approved");
  CHECK(w.core().registry.tokens.at(ID).number == number);
  CHECK(w.core().registry.tokens.at(ID).host == "till");
}

TEST_CASE("an approval is refused for what is no identity, for no site, and for a second site") {
  ApproveWorld w;
  CHECK(w.approve("thief", "oslo") == "2 id-malformed");
  CHECK(w.approve(ID + "a", "oslo") == "2 id-malformed");
  CHECK(w.approve(ID, "nowhere") == "3 not-found");
  CHECK(w.approve(ID, "oslo", "Till 1") == "2 invalid");
  CHECK(w.approve(ID, "oslo") == "approved");
  w.apply("kind: Site\nname: bergen\nregion: north\n");
  CHECK(w.approve(ID, "bergen") == "6 approved-elsewhere");
  CHECK(w.revoke(ID) == "revoked");
  CHECK_FALSE(w.order().has_value());
  CHECK(w.approve(ID, "bergen") == "approved");
}

TEST_CASE("an approval is no token: its identity opens central's door to nobody") {
  ApproveWorld w;
  CHECK(w.approve(ID, "oslo") == "approved");
  Machine thief(4);
  auto token = w.token("region", "north");
  token.id = ID;
  CHECK(w.outcome(token, thief, false) == "token-unknown");
  token.id = "";
  CHECK(w.outcome(token, thief, false) == "token-unknown");
}

TEST_CASE("a region says what a host must know to call home: its address and the fleet's pin") {
  ApproveWorld w;
  auto home = [&] {
    auto request = w.service->admin().getRequest();
    request.initQuery().setKind("region");
    request.getQuery().setName("north");
    auto answer = w.world.run(request.send(), 10'000);
    return std::string(answer.getItems()[0].getStatus().getRegion().getHome());
  };
  CHECK(home() == "");
  w.core().registry.regions.at("north").address = "north:443";
  CHECK(home() == "north:443#" + keyHash(*w.core().identity.root).hex());
}

}  // namespace
}  // namespace skerry
