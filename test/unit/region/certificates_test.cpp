// What a region does about certificates: its sites', and whose keys may not come back.
#include "shared/daemon/self.h"
#include "shared/link/renew.h"
#include "test/unit/region/region_world.h"

namespace skerry {
namespace {

constexpr int64_t LATER_MS = 40 * DAY_MS, MUCH_LATER_MS = 4 * 365 * DAY_MS;

// A host with what its join left it.
struct Box {
  RegionWorld& w;
  JoinerPolicy policy;
  Identity self;

  Box(RegionWorld& w, const Token& token, uint8_t seed)
      : w(w), policy(token.rootKey) {
    self.key = device(seed);
    Joiner joiner{*self.key};
    joiner.host = "host1";
    auto answer = w.world.run(enroll(w.site.host(), *w.transport, token, joiner), 60'000);
    auto& enrolled = std::get<Enrolled>(answer);
    self.chain = kj::mv(enrolled.chain);
    self.root = kj::mv(enrolled.root);
  }
  // The reason of a refusal, or `renewed`.
  std::string renew() {
    std::string outcome = "renewed";
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] {
      auto answer = w.world.run(skerry::renew(w.site.host(), *w.transport,
          Renewer{policy, self, nullptr, {"north:8000"}},
          [](const std::string& name) { return name == "region:north"; }), 60'000);
      if (auto refused = std::get_if<RefusedQuestion>(&answer)) outcome = refused->reason;
      if (auto next = std::get_if<Renewed>(&answer)) self.chain = kj::mv(next->chain);
    })) outcome = text(e->getDescription());
    return outcome;
  }
  // Why the session door let nobody in, or `in`.
  std::string knock() {
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] {
      auto& host = w.site.host();
      auto address = w.world.run(host.network.parseAddress("north:8000"), 1'000);
      auto stream = w.world.run(address->connect(), 1'000);
      auto shaker = w.transport->newHandshaker(host, policy, self);
      w.world.run(shaker->connect(kj::mv(stream), Door::SESSION), 10'000);
    })) return text(e->getDescription());
    return "in";
  }
  Validity dates() { return validity(*self.chain[0]); }
};

bool has(const std::string& whole, std::string_view part) { return whole.find(part) != whole.npos; }

struct Joined : RegionWorld {
  kj::Own<Box> host;
  Joined() {
    above->site("oslo");
    auto token = above->hostToken("oslo", "t1");
    commit();
    host = kj::heap<Box>(*this, token, 5);
  }
};

TEST_CASE("a site's host whose certificate ended gets the next with central away, and is let in") {
  Joined w;
  w.world.network().cut("central", "north");
  w.north.jumpWallClock(LATER_MS);
  w.begin();
  CHECK(has(w.host->knock(), TOLD_EXPIRED));
  CHECK(w.host->renew() == "renewed");
  CHECK(w.host->dates().contains(w.north.host().clock.wallMs()));
  CHECK(commonName(*w.host->self.chain[0]) == "site:oslo/host1");
  CHECK(w.host->knock() == "in");
  CHECK(w.host->renew() == "renewed");
}

TEST_CASE("a region that cannot issue any more keeps letting in whom it knows") {
  Joined w;
  w.world.network().cut("central", "north");
  w.north.jumpWallClock(MUCH_LATER_MS);
  w.begin();
  CHECK(w.host->knock() == "in");
  CHECK(w.host->renew() == "issuer-expired");
}

TEST_CASE("no certificate is dated before what has passed, whatever a region's clock says") {
  Joined w;
  w.world.network().cut("central", "north");
  w.north.jumpWallClock(-SIM_WALL_START_MS);
  w.begin();
  CHECK(w.core().clock.isSuspect());
  CHECK(w.host->renew() == "renewed");
  CHECK(w.host->dates().fromMs + BACKDATE_MS >= SIM_WALL_START_MS);
  CHECK(w.host->knock() == "in");
}

TEST_CASE("certificates dated by a clock that was ahead are replaced once it is right") {
  Joined w;
  w.world.network().cut("central", "north");
  w.north.jumpWallClock(LATER_MS);
  w.begin();
  CHECK(w.host->renew() == "renewed");
  w.north.jumpWallClock(-LATER_MS);
  w.begin();
  CHECK(has(w.host->knock(), TOLD_EXPIRED));
  CHECK(w.host->renew() == "renewed");
  CHECK(w.host->dates().contains(w.north.host().clock.wallMs()));
  CHECK(w.host->knock() == "in");
}

TEST_CASE("the key of a site that was deleted is refused at every door, also after a restart") {
  Joined w;
  w.above->erase("site/oslo");
  w.commit();
  for (int lives = 0; lives < 2; ++lives) {
    CHECK(has(w.host->knock(), TOLD_REVOKED));
    CHECK(has(w.host->renew(), TOLD_REVOKED));
    w.begin();
  }
  // Declared anew, its new token is not for a key that was revoked.
  w.above->site("oslo", 3);
  auto token = w.above->hostToken("oslo", "t9");
  w.commit();
  CHECK(w.ask(token, *w.host->self.key) == TOLD_REVOKED);
  CHECK(w.ask(token, *device(6)) == "site:oslo/host1");
}

TEST_CASE("the key of a host that another one replaced is refused, the other's is not") {
  Joined w;
  auto token = w.above->hostToken("oslo", "t2");
  w.commit();
  Box second(w, token, 6);
  CHECK(has(w.host->knock(), TOLD_REVOKED));
  CHECK(has(w.host->renew(), TOLD_REVOKED));
  CHECK(second.renew() == "renewed");
  CHECK(second.knock() == "in");
}

}  // namespace
}  // namespace skerry
