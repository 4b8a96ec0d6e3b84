// Hosts without a token at the door of a region.
#include "shared/pki/host_id.h"
#include "test/unit/region/region_world.h"

namespace skerry {
namespace {

struct HomeWorld : RegionWorld {
  HomeWorld() { above->site("oslo"); commit(); }

  // A token that is none.
  Token home() const {
    Token token;
    token.addresses = {"north:8000"};
    token.rootKey = above->rootHash();
    return token;
  }
  std::string call(EVP_PKEY& device) { return ask(home(), device); }
  void approve(EVP_PKEY& device, const std::string& site, int64_t lifeMs = TOKEN_LIFE_MS) {
    capnp::MallocMessageBuilder message;
    auto order = message.initRoot<schema::TokenOrder>();
    order.setSite(site);
    order.setHostNumber(12);
    order.setCallsHome(true);
    order.setExpiresMs(central.host().clock.wallMs() + lifeMs);
    above->put("token/" + hostId(keyHash(device)), 2, encode<schema::TokenOrder>(order));
    commit();
  }
  // What the region's operator is told.
  std::string approveHere(EVP_PKEY& device, const std::string& site, const std::string& name = "") {
    auto request = service->admin().approveHostRequest();
    request.setId(hostId(keyHash(device)));
    request.setSite(site);
    request.setName(name);
    auto answer = world.run(request.send(), 10'000);
    if (answer.getProblems().size() == 0) return "approved";
    return answer.getProblems()[0].getReason();
  }
  bool isShown(EVP_PKEY& device) {
    world.runFor(500);
    return above->child->mirror().find("/pending/" + hostId(keyHash(device))) != nullptr;
  }
  std::string finding() {
    auto answer = world.run(service->admin().statusRequest().send(), 10'000);
    auto findings = answer.getStatus().getFindings();
    return findings.size() == 0 ? "" : findings[0].getText();
  }
  size_t listed() {
    auto request = service->admin().getRequest();
    request.initQuery().setKind("pending");
    auto answer = world.run(request.send(), 10'000);
    for (auto item : answer.getItems()) CHECK(item.getStatus().getPending().getRegion() == "north");
    return answer.getItems().size();
  }
};

TEST_CASE("a host without a token waits, is shown upward, and is let in once central approved it") {
  HomeWorld w;
  auto host = device(5);
  CHECK(w.call(*host) == "pending");
  CHECK(w.isShown(*host));
  CHECK(w.listed() == 1);
  CHECK(w.finding() == "1 host waits to be let in");
  w.approve(*host, "oslo");
  CHECK(w.call(*host) == "site:oslo/host1");
  CHECK_FALSE(w.isShown(*host));
  CHECK(w.listed() == 0);
  CHECK(w.finding() == "");
  // A lost answer is asked for again, also of a region that was restarted.
  w.begin();
  CHECK(w.call(*host) == "site:oslo/host1");
  CHECK(w.core().members.find(keyHash(*host))->number == 12);
  CHECK(w.core().registers->all().contains("oslo/token/" + hostId(keyHash(*host))));
}

TEST_CASE("a host that was approved before it ever called is let in at once, with central away") {
  HomeWorld w;
  auto host = device(5);
  w.approve(*host, "oslo");
  w.world.network().cut("central", "north");
  CHECK(w.call(*host) == "site:oslo/host1");
  CHECK(w.call(*device(6)) == "pending");
}

TEST_CASE("an approval is worth nothing to another key, as a token, or after its end") {
  HomeWorld w;
  auto host = device(5), thief = device(6);
  w.approve(*host, "oslo", 60'000);
  auto stolen = w.home();
  stolen.id = hostId(keyHash(*host));
  stolen.secret = {};
  CHECK(w.ask(stolen, *thief) == "token-unknown");
  stolen.secret = Bytes(TOKEN_SECRET_BYTES);
  CHECK(w.ask(stolen, *thief) == "token-unknown");
  CHECK(w.ask(stolen, *host) == "token-unknown");
  CHECK(w.call(*thief) == "pending");
  w.world.runFor(61'000);
  CHECK(w.call(*host) == "pending");
}

TEST_CASE("a region lets in who waits by a token that central left it, and by none otherwise") {
  HomeWorld w;
  auto host = device(5), second = device(6);
  CHECK(w.approveHere(*host, "oslo") == "not-found");
  CHECK(w.call(*host) == "pending");
  CHECK(w.approveHere(*host, "oslo") == "not-here");
  CHECK(w.approveHere(*host, "bergen") == "not-found");
  auto token = w.above->hostToken("oslo", "t1");
  w.commit();
  w.world.network().cut("central", "north");
  CHECK(w.approveHere(*host, "oslo", "till") == "approved");
  w.begin();
  CHECK(w.call(*host) == "site:oslo/till");
  CHECK(w.core().members.find(keyHash(*host))->number == 11);
  // The token is used up.
  CHECK(w.ask(token, *second) == "token-used");
  CHECK(w.call(*second) == "pending");
  CHECK(w.approveHere(*second, "oslo") == "not-here");
}

TEST_CASE("who stopped calling is shown no more after an hour or so") {
  HomeWorld w;
  auto host = device(5);
  CHECK(w.call(*host) == "pending");
  w.world.runFor(PENDING_FORGET_MS);
  CHECK(w.isShown(*host));
  w.world.runFor(2 * (PENDING_LOOK_EVERY / kj::MILLISECONDS));
  CHECK_FALSE(w.isShown(*host));
  CHECK(w.listed() == 0);
}

TEST_CASE("a revoked key that calls home is told so, whatever was approved") {
  HomeWorld w;
  auto first = device(5), second = device(6);
  w.approve(*first, "oslo");
  CHECK(w.call(*first) == "site:oslo/host1");
  w.approve(*second, "oslo");
  CHECK(w.call(*second) == "site:oslo/host1");
  CHECK(w.call(*first) == "key-revoked");
  w.begin();
  CHECK(w.call(*first) == "key-revoked");
}

TEST_CASE("a host whose name is none is refused, by token and without, and uses nothing up") {
  HomeWorld w;
  auto token = w.above->hostToken("oslo", "t1");
  auto host = device(5);
  w.approve(*host, "oslo");
  for (auto& how : {token, w.home()}) {
    Joiner joiner{*host};
    joiner.host = "Till 1/x\x1b[2J";
    auto answer = w.world.run(enroll(w.site.host(), *w.transport, how, joiner), 60'000);
    auto refused = std::get_if<EnrollRefused>(&answer);
    REQUIRE(refused != nullptr);
    CHECK(refused->reason == "host-name");
    CHECK(refused->text.find("`Till 1/x?[2J`") == 0);
  }
  CHECK(w.ask(token, *host) == "site:oslo/host1");
}

TEST_CASE("strangers cannot make the region report more than its list holds") {
  HomeWorld w;
  for (int i = 0; i < 80; i++) w.call(*keyFromSeed(sha256(view(std::to_string(i))).view()));
  CHECK(w.listed() <= PENDING_OF_ADDRESS_MAX + 16);
  size_t reported = 0;
  for (auto& [key, held] : w.core().registers->all()) reported += key.starts_with("/pending/");
  CHECK(reported == w.core().pending.size());
}

}  // namespace
}  // namespace skerry
