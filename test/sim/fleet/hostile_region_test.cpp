#include "capnp/authority.capnp.h"
#include "shared/model/encoded.h"
#include "test/sim/fleet/hostile_region.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr const char* APP = "app/acme/pos";
constexpr uint64_t SETTLED_MS = 30'000;

std::string app(const std::string& name, const std::string& version, const std::string& selector) {
  return "kind: Tenant\nname: acme\n---\nkind: Application\nname: " + name +
         "\ntenant: acme\nservices:\n  agent:\n    command: [\"/bin/steady\"]\n"
         "    environment: { VERSION: \"" + version + "\" }\n    x-skerry: { kind: process }\n"
         "placement: { sites: '" + selector + "' }\n";
}

// Two sites of one region: the first runs the application, the second another one.
struct Stage {
  Stage() : fleet(3, {1, 2}) {
    fleet.boot();
    apply("pos", "1", "number = 0");
    apply("other", "x", "number = 1");
    fleet.until("both run", [this]() { return runs("1") && running(second()).size() == 1; },
                SETTLED_MS);
  }
  SiteMachine& site() { return *fleet.sites[0]; }
  SiteMachine& second() { return *fleet.sites[1]; }
  void apply(const std::string& name, const std::string& version, const std::string& selector) {
    fleet.must(fleet.console.apply(app(name, version, selector)));
  }
  bool runs(const std::string& version) {
    return running(site()) ==
           std::map<std::string, std::string>{{"acme.pos.agent.0", version}};
  }
  void until(const std::string& version) {
    fleet.until("the version runs", [&]() { return runs(version); }, SETTLED_MS);
  }
  OrderEntry orders(SiteMachine& of, const std::string& key) {
    auto& core = KJ_ASSERT_NONNULL(of.tier()->current());
    return core.document->orders().find(key).value();
  }
  // The keys change hands.
  void steal() {
    fleet.regions[0]->host.crash();
    thief.emplace(fleet, *fleet.regions[0]);
    fleet.until("the site follows the thief", [this]() { return it().isOnline(site().name()); });
    pid = pids(site());
  }
  HostileRegion& it() { return *thief; }
  void tell(const std::string& key, const OrderEntry& entry) {
    it().tell(site().name(), key, entry);
    fleet.world.runFor(SETTLED_MS);
  }
  // What the site says of its application.
  const Judgement& judgement() {
    auto& core = KJ_ASSERT_NONNULL(site().tier()->current());
    return core.assignments->apps().at({"acme", "pos"}).judgement;
  }
  // It took the orders, believes nothing of them, and left everything as it was.
  void checkRefused(const std::string& because) {
    auto& core = KJ_ASSERT_NONNULL(site().tier()->current());
    CHECK(core.document->orders().root() == it().root(site().name()));
    CHECK(judgement().verdict == Judgement::Verdict::REFUSED);
    CHECK_MESSAGE(judgement().reason.find(because) != std::string::npos, judgement().reason);
    CHECK(pids(site()) == pid);
  }

  Fleet fleet;
  std::optional<HostileRegion> thief;
  std::map<std::string, int> pid;
};

// An entry of another assignment: the intent of one, the revision of another.
OrderEntry mixed(const OrderEntry& intentOf, const OrderEntry& revisionOf) {
  Decoded<schema::Assignment> intent(intentOf.value), revision(revisionOf.value);
  capnp::MallocMessageBuilder message;
  auto assignment = message.initRoot<schema::Assignment>();
  assignment.setIntent(intent.get().getIntent());
  assignment.setRevision(revision.get().getRevision());
  auto entry = intentOf;
  entry.value = encode<schema::Assignment>(assignment);
  entry.blobs = revisionOf.blobs;
  return entry;
}

TEST_CASE("a region that changes an intent is not believed") {
  Stage stage;
  stage.steal();
  auto entry = stage.it().entry(stage.site().name(), APP);
  Decoded<schema::Assignment> decoded(entry.value);
  capnp::MallocMessageBuilder body, message;
  Decoded<schema::Intent> intent(decoded.get().getIntent().getBody());
  body.setRoot(intent.get());
  body.getRoot<schema::Intent>().setPriority(99);
  message.setRoot(decoded.get());
  auto forged = encode<schema::Intent>(body.getRoot<schema::Intent>());
  message.getRoot<schema::Assignment>().getIntent().setBody(view(forged));
  entry.value = encode<schema::Assignment>(message.getRoot<schema::Assignment>());
  stage.tell(APP, entry);
  stage.checkRefused("the intent is not believed");
}

TEST_CASE("a region cannot choose a revision that central does not allow (any more)") {
  Stage stage;
  auto old = stage.orders(stage.site(), APP);
  stage.fleet.must(stage.fleet.console.remove("application", "acme", "pos"));
  stage.fleet.until("it is gone", [&]() { return running(stage.site()).empty(); });
  stage.apply("pos", "2", "number = 0");
  stage.until("2");
  auto& core = KJ_ASSERT_NONNULL(stage.fleet.regions[0]->tier()->current());
  auto blob = core.blobs.find(old.blobs[0]);
  stage.steal();
  if (blob) stage.it().offer(*blob);
  stage.tell(APP, mixed(stage.it().entry(stage.site().name(), APP), old));
  stage.checkRefused("not among those the intent allows");
  CHECK(stage.runs("2"));
}

TEST_CASE("a region cannot go back to what central wanted before") {
  Stage stage;
  auto old = stage.orders(stage.site(), APP);
  stage.apply("pos", "2", "number = 0");
  stage.until("2");
  stage.steal();
  stage.tell(APP, old);
  stage.checkRefused("older than one acted on before");
  CHECK(stage.runs("2"));
}

TEST_CASE("a region cannot give a site the record of another site") {
  Stage stage;
  stage.steal();
  stage.tell("site", stage.it().entry(stage.second().name(), "site"));
  stage.checkRefused("the site record is about");
}

TEST_CASE("a region cannot send an application where its selector does not match") {
  Stage stage;
  stage.steal();
  auto name = stage.site().name();
  stage.it().tell(name, "app/acme/other",
                  stage.it().entry(stage.second().name(), "app/acme/other"));
  stage.fleet.world.runFor(SETTLED_MS);
  auto& core = KJ_ASSERT_NONNULL(stage.site().tier()->current());
  auto& other = core.assignments->apps().at({"acme", "other"});
  CHECK(other.judgement.verdict == Judgement::Verdict::REFUSED);
  CHECK(other.judgement.reason.find("do not match the intent's selector") != std::string::npos);
  CHECK(!other.acted.has_value());
  CHECK(pids(stage.site()) == stage.pid);
}

TEST_CASE("what a thief of a region's keys told is undone when the region is back") {
  Stage stage;
  auto old = stage.orders(stage.site(), APP);
  stage.apply("pos", "2", "number = 0");
  stage.until("2");
  stage.steal();
  stage.tell(APP, old);
  stage.thief.reset();
  stage.fleet.regions[0]->host.restart();
  stage.apply("pos", "3", "number = 0");
  stage.fleet.until("the newest version runs", [&]() { return stage.runs("3"); });
  CHECK(stage.judgement().verdict == Judgement::Verdict::ACCEPTED);
}

}  // namespace
}  // namespace skerry
