#include "test/unit/region/region_world.h"

namespace skerry {
namespace {

TEST_CASE("what central says of a site becomes the site's document, also after a restart") {
  RegionWorld w;
  CHECK(w.core().parent->online());
  w.above->site("oslo");
  w.above->put("policy/acme", 1, w.above->authority.policy("acme"));
  w.above->app("pos", revisionBody("acme", "pos", {{"web", "one"}}));
  w.commit();
  for (int lives = 0; lives < 2; ++lives) {
    auto& orders = w.documentOf("oslo").orders();
    for (auto key : {"home", "site", "policy/acme", "app/acme/pos"}) {
      CAPTURE(key);
      CHECK(orders.bytesOf(key) != nullptr);
    }
    CHECK(orders.version().n == 1);
    w.begin();
  }
}

TEST_CASE("a host with central's token is let in, with central away, and known after a restart") {
  RegionWorld w;
  w.above->site("oslo");
  auto token = w.above->hostToken("oslo", "t1");
  w.commit();
  w.world.network().cut("central", "north");
  auto host = device(5), thief = device(6);
  CHECK(w.ask(token, *host) == "site:oslo/host1");
  CHECK(w.ask(token, *host) == "site:oslo/host1");
  CHECK(w.ask(token, *thief) == "token-used");
  w.begin();
  REQUIRE(w.core().members.find(keyHash(*host)) != nullptr);
  CHECK(w.core().members.find(keyHash(*host))->number == 11);
  CHECK(w.ask(token, *thief) == "token-used");
  CHECK(w.ask(token, *host) == "site:oslo/host1");
}

TEST_CASE("who used a token is reported upward, also after a restart") {
  RegionWorld w;
  w.above->site("oslo");
  auto token = w.above->hostToken("oslo", "t1");
  w.above->hostToken("oslo", "t2");
  w.commit();
  CHECK_FALSE(w.core().registers->all().contains("oslo/token/t1"));
  auto host = device(5);
  CHECK(w.ask(token, *host) == "site:oslo/host1");
  w.world.runFor(1'000);
  auto reported = w.above->child->mirror().find("oslo/token/t1");
  CHECK(KJ_ASSERT_NONNULL(reported) == copy(view("host1")));
  w.begin();
  w.world.runFor(1'000);
  CHECK(w.above->child->mirror().find("oslo/token/t1") != nullptr);
  CHECK(w.above->child->mirror().find("oslo/token/t2") == nullptr);
}

// The refusal of a question to the region's admin, or what it found.
template <typename Request>
std::string said(RegionWorld& w, Request request) {
  auto answer = w.world.run(request.send(), 10'000);
  if (answer.getProblems().size() == 0) return "answered";
  auto problem = answer.getProblems()[0];
  return std::to_string(problem.getCode()) + " " + problem.getReason().cStr();
}

TEST_CASE("a region asked about what it has not got says so, and needs no tenant for what it has") {
  RegionWorld w;
  w.above->site("oslo", 2, {{"size", "large"}});
  w.above->app("pos", Bytes(10, 1));
  w.commit();
  auto why = [&](const char* app, const char* site) {
    auto request = w.service->admin().whyRequest();
    request.setApp(app);
    request.setSite(site);
    return said(w, kj::mv(request));
  };
  CHECK(why("pos", "oslo") == "answered");
  CHECK(why("pos", "nowhere") == "3 not-found");
  CHECK(why("nope", "oslo") == "3 not-found");
  auto sites = [&](const char* expression) {
    auto request = w.service->admin().getRequest();
    request.initQuery().setKind("site");
    request.getQuery().setSelector(expression);
    auto answer = w.world.run(request.send(), 10'000);
    return answer.getProblems().size() > 0 ? -1 : int(answer.getItems().size());
  };
  CHECK(sites("size = large") == 1);
  CHECK(sites("size = small") == 0);
  CHECK(sites("status.online = false") == 1);
  CHECK(sites("size =") == -1);
}

TEST_CASE("expired, unknown, revoked and strange tokens let no host in") {
  RegionWorld w;
  w.above->site("oslo");
  auto expired = w.above->hostToken("oslo", "t1", 60'000);
  auto revoked = w.above->hostToken("oslo", "t2");
  auto elsewhere = w.above->hostToken("ghost", "t3");
  w.commit();
  w.world.runFor(61'000);
  auto host = device(5);
  CHECK(w.ask(expired, *host) == "token-expired");
  CHECK(w.ask(elsewhere, *host) == "site-not-here");
  auto forged = revoked;
  forged.secret[0] ^= 1;
  CHECK(w.ask(forged, *host) == "token-unknown");
  w.above->erase("token/t2");
  w.commit();
  CHECK(w.ask(revoked, *host) == "token-unknown");
  CHECK(w.core().members.ofSite("oslo") == nullptr);
}

TEST_CASE("a host that was replaced does not come back with its old token") {
  RegionWorld w;
  w.above->site("oslo");
  auto old = w.above->hostToken("oslo", "t1"), fresh = w.above->hostToken("oslo", "t2");
  w.commit();
  auto first = device(5), second = device(6);
  CHECK(w.ask(old, *first) == "site:oslo/host1");
  CHECK(w.ask(fresh, *second) == "site:oslo/host1");
  CHECK(w.ask(old, *first) == "token-used");
  CHECK(w.core().members.find(keyHash(*first)) == nullptr);
  CHECK(w.core().members.find(keyHash(*second)) != nullptr);
}

TEST_CASE("a site that goes takes its document, its host and its status with it") {
  RegionWorld w;
  w.above->site("oslo");
  w.above->site("bergen");
  auto token = w.above->hostToken("oslo", "t1");
  w.commit();
  auto host = device(5);
  CHECK(w.ask(token, *host) == "site:oslo/host1");
  w.above->erase("site/oslo");
  w.commit();
  for (int lives = 0; lives < 2; ++lives) {
    CHECK(!w.core().children.contains("oslo"));
    CHECK(w.core().children.contains("bergen"));
    CHECK(w.core().members.find(keyHash(*host)) == nullptr);
    CHECK(!w.core().registers->all().contains("oslo/link"));
    w.begin();
  }
}

TEST_CASE("nothing of a site's earlier life applies to one declared anew under its name") {
  for (bool seenGone : {true, false}) {
    for (bool restarted : {true, false}) {
      CAPTURE(seenGone);
      CAPTURE(restarted);
      RegionWorld w;
      w.above->site("oslo", 2);
      auto token = w.above->hostToken("oslo", "t1");
      w.commit();
      w.above->site("oslo", 2, {{"floor", "2"}});
      w.commit();
      auto host = device(5);
      CHECK(w.ask(token, *host) == "site:oslo/host1");
      CHECK(w.documentOf("oslo").orders().version().n == 2);
      // In one version or two that follow at once: what the region sees on its way does not matter.
      if (seenGone) {
        w.above->erase("site/oslo");
        w.above->commit();
      }
      w.above->site("oslo", 3);
      w.commit();
      if (restarted) w.begin();
      CHECK(w.core().members.find(keyHash(*host)) == nullptr);
      CHECK(w.documentOf("oslo").orders().version().n == 1);
      CHECK(w.documentOf("oslo").orders().find("site")->gen == Gen::from(view(lifeOf(3))));
      w.begin();
      CHECK(w.documentOf("oslo").orders().version().n == 1);
    }
  }
}

TEST_CASE("a site that goes and comes back at once is what the store says it is") {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    RegionWorld w(seed);
    w.above->site("oslo");
    w.commit();
    w.above->site("oslo", 2, {{"floor", "2"}});
    w.commit();
    // All of it arrives at once: the disk is busy with the first while the last is read.
    w.world.network().clog("central", "north");
    for (int i = 0; i < 3; ++i) {
      w.above->site("bergen" + std::to_string(i));
      w.above->commit();
    }
    w.above->erase("site/oslo");
    w.above->commit();
    w.above->site("oslo");
    w.commit();
    w.world.network().healAll();
    w.world.runFor(500);
    auto root = w.documentOf("oslo").orders().root();
    CHECK(w.documentOf("oslo").orders().version().n == 1);
    w.begin();
    CHECK(w.documentOf("oslo").orders().version().n == 1);
    CHECK(w.documentOf("oslo").orders().root() == root);
  }
}

TEST_CASE("contents that did not travel with the orders are fetched, even those that come late") {
  RegionWorld w;
  w.above->site("oslo");
  std::map<std::string, std::string> many;
  for (int i = 0; i < 40; ++i) {
    many["s" + std::to_string(i)] = std::string(4'000, char('a' + i % 26));
  }
  auto large = revisionBody("acme", "large", many);
  REQUIRE(large.size() > TRAVELLING_BLOB_BYTES_MAX);
  auto largeHash = w.above->app("large", large);
  auto lateBody = revisionBody("acme", "late", {{"web", "late"}});
  auto late = w.above->app("late", lateBody, false);
  w.commit();
  CHECK(w.core().blobs.has(largeHash));
  CHECK(!w.core().blobs.has(late));
  w.above->app("late", lateBody);
  w.world.runFor(3'000);
  CHECK(w.core().blobs.has(late));
}

TEST_CASE("a region that was away while applications came has their contents when it is back") {
  RegionWorld w;
  w.world.network().cut("central", "north");
  w.world.runFor(1'000);
  w.above->site("oslo");
  std::vector<Hash> hashes;
  for (int i = 0; i < 30; ++i) {
    // More than one message of orders holds, so that they come as a list of buckets.
    auto name = "app" + std::to_string(i);
    auto body = revisionBody("acme", name, {{"web", std::string(20'000, char('a' + i % 26))}});
    hashes.push_back(w.above->app(name, body));
    w.above->commit();
  }
  w.world.network().healAll();
  w.world.runFor(60'000);
  for (auto& hash : hashes) CHECK(w.core().blobs.has(hash));
  w.above->erase("app/acme/app0");
  w.commit();
  CHECK(!w.core().blobs.has(hashes[0]));
  CHECK(w.core().blobs.has(hashes[1]));
}

TEST_CASE("central's word is in every site's document as it came, also after a restart") {
  RegionWorld w;
  w.above->site("oslo");
  auto head = w.above->authority.head("north", SIM_WALL_START_MS);
  w.above->put(HEAD_KEY, 1, head);
  w.commit();
  w.above->site("bergen");
  w.commit();
  for (int lives = 0; lives < 2; ++lives) {
    for (auto site : {"oslo", "bergen"}) {
      CAPTURE(site);
      auto entry = w.documentOf(site).orders().find(HEAD_KEY);
      REQUIRE(entry.has_value());
      CHECK(entry->value == head);
    }
    CHECK(w.core().headRelay->newest()->timeMs == SIM_WALL_START_MS);
    w.begin();
  }
  w.above->put(HEAD_KEY, 1, w.above->authority.head("north", SIM_WALL_START_MS + 1));
  w.commit();
  CHECK(w.documentOf("oslo").orders().find(HEAD_KEY)->value != head);
}

TEST_CASE("a region whose orders are not what central's word says tells so, also after a restart") {
  RegionWorld w;
  w.above->site("oslo");
  w.commit();
  auto next = w.core().upward->orders().version().n + 1;
  w.above->put(HEAD_KEY, 1, w.above->authority.head("north", SIM_WALL_START_MS, {}, {1, next}));
  w.commit();
  for (int lives = 0; lives < 2; ++lives) {
    auto answer = w.world.run(w.service->admin().statusRequest().send(), 1'000);
    auto status = answer.getStatus();
    REQUIRE(status.getFindings().size() == 1);
    CHECK(text(status.getFindings()[0].getText()).find("not what central's word") !=
          std::string::npos);
    CHECK(status.getAuthorityAsOf().size() > 0);
    w.begin();
  }
}

}  // namespace
}  // namespace skerry
