#include "tier_central/heads.h"
#include "shared/model/encoded.h"
#include "test/sim/sim_host.h"
#include "test/unit/central/registry_world.h"

namespace skerry {
namespace {

using Kinds = std::map<std::string, int>;

Kinds kindsFor(const RegistryWorld& w, const std::string& region) {
  Kinds kinds;
  for (auto& statement : statementsInForce(w.registry, region)) ++kinds[statement.kind];
  return kinds;
}

TEST_CASE("in force for a region are its own sites, and every tenant and application") {
  RegistryWorld w;
  w.apply(PLACES + "---\n" + application("one"));
  CHECK(kindsFor(w, "north") == Kinds{{"policy", 1}, {"site", 1}, {"intent", 1}, {"revision", 1}});
  w.join("north", 3);
  w.apply(application("two"));
  CHECK(kindsFor(w, "north") ==
        Kinds{{"policy", 1}, {"site", 1}, {"home", 1}, {"intent", 1}, {"revision", 2}});
  CHECK(!kindsFor(w, "south").contains("home"));
}

TEST_CASE("a change of what holds for a region changes the root, one of another region does not") {
  RegistryWorld w;
  w.apply(PLACES + "---\n" + application("one"));
  auto root = [&] { return rootOf(statementsInForce(w.registry, "north")); };
  auto before = root();
  w.apply("kind: Site\nname: bergen\nregion: south\nlabels: { a: \"1\" }\n");
  CHECK(root() == before);
  w.apply(application("two"));
  CHECK(root() != before);
  before = root();
  w.apply("kind: Site\nname: oslo\nregion: north\nlabels: { a: \"1\" }\n");
  CHECK(root() != before);
  before = root();
  w.remove("application", {"acme", "pos"});
  CHECK(root() != before);
}

TEST_CASE("a head is signed with the next sequence, kept with its region and part of its orders") {
  RegistryWorld w;
  w.apply(PLACES);
  CHECK(!orderKeys(w.registry, "north").contains(HEAD_KEY));
  CHECK(!readOrder(w.registry, "north", HEAD_KEY).has_value());
  Batch rows;
  auto& region = w.registry.regions.at("north");
  auto statements = statementsInForce(w.registry, "north");
  region.head = w.issuer.head("north", statements, {7, 12}, rows);
  w.registry.saveRegion("north", rows);
  w.keep(kj::mv(rows));
  Disbelief why;
  auto head = openHead(view(w.authority->publicKey()), "north", view(region.head), why);
  REQUIRE_MESSAGE(head.has_value(), why.reason);
  CHECK(head->root == rootOf(statements));
  CHECK(head->version == AuthoritySeq{7, 12});
  CHECK(head->timeMs == w.clock.wallMs());
  CHECK(head->seq == seqOf(region.head));
  auto loaded = w.loaded();
  CHECK(loaded.regions.at("north").head == region.head);
  auto reading = readOrder(loaded, "north", HEAD_KEY);
  REQUIRE(reading.has_value());
  CHECK(reading->value == region.head);
  CHECK(reading->gen == region.gen);
  CHECK(reading->seq == head->seq);
  CHECK(orderKeys(loaded, "north").contains(HEAD_KEY));
  CHECK(!orderKeys(loaded, "south").contains(HEAD_KEY));
}

constexpr uint64_t HOUR_MS = HEAD_EVERY / kj::MILLISECONDS, MINUTE_MS = 60'000;

// Central's clockwork alone: what it signs, and when.
struct Clockwork {
  SimWorld world{3};
  SimHost machine{world, "central"};
  Registry registry;
  std::unique_ptr<Signer> signer = newSigner(keyFromSeed(view(Bytes(SEED_BYTES, 1))));
  std::vector<std::string> made;
  kj::Own<Heads> heads;

  explicit Clockwork(std::vector<std::string> regions) {
    machine.powerOn();
    for (auto& region : regions) registry.regions[region];
    begin();
  }
  // A daemon's life: it knows of heads what was stored.
  void begin() {
    heads = kj::heap<Heads>(machine.host(), registry, [this](const std::string& region) {
      made.push_back(region);
      registry.regions.at(region).head =
          signHead(*signer, {region, {}, machine.host().clock.wallMs(), {}, {}});
      return kj::Promise<void>(kj::READY_NOW);
    });
    for (auto& [name, region] : registry.regions) heads->follow(name);
  }
  size_t madeIn(uint64_t ms) {
    made.clear();
    world.runFor(ms);
    return made.size();
  }
};

TEST_CASE("each region gets a head at once, and then one every hour") {
  Clockwork c({"north", "south"});
  CHECK(c.madeIn(1'000) == 2);
  CHECK(c.made == std::vector<std::string>{"north", "south"});
  CHECK(c.madeIn(HOUR_MS - 2'000) == 0);
  CHECK(c.madeIn(2'000) == 2);
  CHECK(c.madeIn(24 * HOUR_MS) == 48);
}

TEST_CASE("a region that joins later has a head at once, one that is deleted has none") {
  Clockwork c({"north"});
  c.madeIn(30 * MINUTE_MS);
  c.registry.regions["south"];
  c.heads->follow("south");
  CHECK(c.madeIn(1'000) == 1);
  CHECK(c.made.back() == "south");
  c.heads->forget("north");
  c.registry.regions.erase("north");
  CHECK(c.madeIn(2 * HOUR_MS) == 2);
  CHECK(c.made == std::vector<std::string>{"south", "south"});
}

TEST_CASE("a restart signs what is due, and nothing before its hour") {
  Clockwork c({"north"});
  c.madeIn(1'000);
  for (int restarts = 0; restarts < 5; ++restarts) {
    CHECK(c.madeIn(10 * MINUTE_MS) == 0);
    c.begin();
  }
  CHECK(c.madeIn(10 * MINUTE_MS + 1'000) == 1);
  c.heads = nullptr;
  c.madeIn(5 * HOUR_MS);
  c.begin();
  CHECK(c.madeIn(1'000) == 1);
}

TEST_CASE("a clock that was set back or ahead keeps nobody waiting for more than an hour") {
  Clockwork c({"north"});
  c.madeIn(1'000);
  for (auto years : {-9, 9, -9}) {
    c.machine.jumpWallClock(int64_t(years) * 365 * 24 * 60 * MINUTE_MS);
    CHECK(c.madeIn(HOUR_MS) == 1);
  }
  // A head from the future is due at the next start.
  c.begin();
  c.machine.jumpWallClock(-int64_t(HOUR_MS));
  c.begin();
  CHECK(c.madeIn(1'000) == 1);
}

}  // namespace
}  // namespace skerry
