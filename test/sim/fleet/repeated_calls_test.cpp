// Every call between tiers may come twice, late, and after newer ones; nothing but time is lost.
#include "test/sim/fleet/stage.h"
#include "test/sim/fleet/vault.h"
#include "shared/ledger/local_entry.h"
#include "shared/link/renew.h"
#include "shared/replica/document_store.h"
#include <capnp/schema.h>
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr uint64_t SEED = 41;
constexpr size_t LARGE_BYTES = 90'000;  // of a specification: more than travels with orders

// Lives: how often each version of each instance began, by "SITE INSTANCE VERSION".
struct Starts final : SimServices::Watcher {
  explicit Starts(Fleet& fleet) : fleet(fleet) {
    for (auto& site : fleet.sites) site->services.watch(*this);
  }
  ~Starts() noexcept(false) {
    for (auto& site : fleet.sites) site->services.watch(nullptr);
  }
  void began(SimHost& host, const SimLife& life) override {
    auto version = life.environment.find("VERSION");
    ++counts[std::string(host.name().cStr()) + " " + life.instance + " " +
             (version == life.environment.end() ? "" : version->second)];
  }
  void stopping(SimHost&, const SimLife&) override {}
  Fleet& fleet;
  std::map<std::string, size_t> counts;
};

// What a life of the fleet came to.
struct Outcome {
  std::map<std::string, size_t> starts;
  std::map<std::string, std::map<std::string, std::string>> runs;  // by site
  std::set<std::string> shown, hosts;                              // by central
  bool operator==(const Outcome&) const = default;
};

struct Lines final : schema::LineSink::Server {
  kj::Promise<void> write(WriteContext) override { return kj::READY_NOW; }
};

struct Happenings final : schema::EventSink::Server {
  kj::Promise<void> write(WriteContext) override { return kj::READY_NOW; }
  kj::Promise<void> missing(MissingContext) override { return kj::READY_NOW; }
};

// Everything that crosses a link, made to cross it.
struct Script {
  explicit Script(kj::Maybe<Repeats&> repeats)
      : fleet(SEED, {.regions = 2, .sites = 4}, repeats), repeats(repeats) {}

  SiteMachine& site() { return *fleet.sites[0]; }
  RegionCore& region() {
    return KJ_ASSERT_NONNULL(fleet.region(site().region).tier()->current());
  }
  SiteCore& core() { return KJ_ASSERT_NONNULL(site().tier()->current()); }
  void apply(const std::string& version, size_t bytes = 0) {
    WishedApp app;
    app.selector = "customer = acme";
    app.services["agent"] = {"process", version, commandOf(bytes)};
    app.services["web"] = {"container", version, {"/bin/steady"}};
    fleet.must(fleet.console.apply("kind: Tenant\nname: acme\n" + yamlOf({"acme", "pos"}, app)));
  }
  void settle() { fleet.world.runFor(2 * REPEAT_LATE_MS_MAX); }

  Outcome live() {
    fleet.boot();
    Starts starts(fleet);
    for (auto version : {"1", "2", "3"}) {
      apply(version);
      fleet.world.runFor(3'000);  // the next comes while the last is still repeated
    }
    settle();
    renewSome();
    askAtDoorsAgain();
    apply("4", LARGE_BYTES);
    settle();
    hold();
    apply("5");
    settle();
    ask();
    restoreRegion();
    changeDisk();
    askAtDoorsAgain();
    apply("7");
    settle();
    leave();
    askAtDoorsAgain();
    settle();
    return outcome(starts);
  }

  // The local half: a decision on site, which a new database is given back.
  void hold() {
    auto& acted = *core().assignments->apps().at({"acme", "pos"}).acted;
    LocalDraft draft;
    draft.key = LocalKey::hold(localObject({"acme", "pos"}), Gen::from(view(acted.gen)));
    draft.kind = LocalKind::HOLD;
    draft.value = copy(acted.revision.view());
    draft.author = "kim";
    auto written = core().document->write(draft, site().host.host().clock.wallMs(), 17);
    REQUIRE_MESSAGE(written.done(), written.text);
    addRows(core().writer->rows(), core().document->ids().name, written.rows);
    KJ_ASSERT_NONNULL(core().parent)->localChanged();
  }

  void ask() {
    auto usage = fleet.central.tier()->admin().usageRequest();
    usage.initQuery().setOf(schema::UsageQuery::Subject::SITES);
    fleet.world.run(usage.send().ignoreResult(), MINUTE_MS);
    auto down = KJ_ASSERT_NONNULL(region().children.at(site().name())->downlink());
    auto logs = down.logsRequest();
    logs.initQuery().setTenant("acme");
    logs.getQuery().setApp("pos");
    logs.setSink(kj::heap<Lines>());
    fleet.world.run(logs.send().ignoreResult(), MINUTE_MS);
    auto& top = KJ_ASSERT_NONNULL(fleet.central.tier()->current());
    auto events = KJ_ASSERT_NONNULL(top.children.begin()->second->downlink()).eventsRequest();
    events.setSink(kj::heap<Happenings>());
    fleet.world.run(events.send().ignoreResult(), MINUTE_MS);
    settle();
    auto& held = *top.children.begin()->second;
    fleet.world.run(KJ_ASSERT_NONNULL(held.downlink()).pingRequest().send().ignoreResult(),
                    MINUTE_MS);
  }

  // It comes back from a backup, and reads back what its sites heard since.
  void restoreRegion() {
    auto& region = fleet.region(site().region);
    auto backup = backUp(fleet, region);
    apply("6", LARGE_BYTES);
    settle();
    fleet.world.network().cut("central", region.host.name());
    restore(fleet, region, backup);
    fleet.world.runFor(MINUTE_MS);
    fleet.world.network().heal("central", region.host.name());
    fleet.world.runFor(MINUTE_MS);
  }

  // The next certificates of a site and of a region, asked for and not used: they are not due.
  void renewSome() {
    auto ask = [&](Host& host, const Identity& self, const std::string& parent) {
      JoinerPolicy policy(keyHash(*self.root));
      fleet.world.run(renew(host, *fleet.transport, {policy, self, nullptr, {parent}},
                            [](const std::string&) { return true; }).ignoreResult(), MINUTE_MS);
    };
    ask(site().host.host(), core().identity, site().region + ":443");
    ask(fleet.region(site().region).host.host(), region().identity, "central:443");
  }
  // Everything that was ever asked at the doors for joining and renewing, once more.
  void askAtDoorsAgain() {
    KJ_IF_MAYBE(known, repeats) {
      auto& top = KJ_ASSERT_NONNULL(fleet.central.tier()->current());
      JoinerPolicy policy(keyHash(*top.identity.root));
      fleet.world.run(askAgain(fleet.central.host.host(), *fleet.plain, policy, *known),
                      5 * MINUTE_MS);
    }
  }

  void changeDisk() {
    site().host.powerOff();
    site().host.wipe();
    site().engine.boxes.clear();
    site().powerOn();
    fleet.untilEmpty("it joins again", [&]() { return fleet.join(site()); }, MINUTE_MS);
    settle();
  }

  // The last site gives its identity up, as `skerry-site leave` does: its daemon is stopped first.
  void leave() {
    auto& leaver = *fleet.sites.back();
    leaver.host.crash();
    auto& host = leaver.host.host();
    auto loaded = IdentityFolder(host.files).load();
    auto& identity = KJ_ASSERT_NONNULL(loaded);
    JoinerPolicy policy(keyHash(*identity.root));
    auto handshaker = fleet.transport->newHandshaker(host, policy, identity);
    auto address =
        fleet.world.run(host.network.parseAddress((leaver.region + ":443").c_str()), MINUTE_MS);
    auto peer = fleet.world.run(address->connect().then([&](kj::Own<kj::AsyncIoStream> stream) {
      return handshaker->connect(kj::mv(stream), Door::SESSION);
    }), MINUTE_MS);
    struct Mute final : schema::Pulse::Server {};
    LinkLimits limits;
    Session session(kj::mv(peer.stream), Side::CHILD, kj::heap<Mute>(), fleet.world.timer(),
                    limits);
    auto request = session.remote().castAs<schema::Uplink>().leaveRequest();
    fleet.world.run(request.send().ignoreResult(), MINUTE_MS);
    settle();
  }

  Outcome outcome(const Starts& starts) {
    Outcome made;
    made.starts = starts.counts;
    for (auto& each : fleet.sites) made.runs[each->name()] = running(*each);
    auto instances = fleet.get("instance");
    for (auto item : instances.list()) {
      auto view = item.getStatus().getInstance();
      made.shown.insert(std::string(view.getSite().cStr()) + " " + item.getName().cStr() + " " +
                        view.getState().cStr());
    }
    auto hosts = fleet.get("host");
    for (auto item : hosts.list()) made.hosts.insert(item.getName().cStr());
    return made;
  }

  Fleet fleet;
  kj::Maybe<Repeats&> repeats;
};

// From the schema, so that a method that is added without being made to happen here is found.
std::vector<std::string> methodsOf(capnp::InterfaceSchema schema) {
  std::vector<std::string> names;
  std::string prefix = std::string(schema.getShortDisplayName().cStr()) + ".";
  for (auto method : schema.getMethods()) {
    names.push_back(prefix + method.getProto().getName().cStr());
  }
  return names;
}

TEST_CASE("calls of every method repeated, late and out of order start nothing twice") {
  Outcome once = Script(nullptr).live();
  Repeats repeats;
  Outcome again = Script(repeats).live();
  for (auto& [what, count] : again.starts) {
    CAPTURE(what);
    CHECK(count == once.starts[what]);
  }
  CHECK(once.starts.size() == again.starts.size());
  CHECK(once.runs == again.runs);
  CHECK(once.shown == again.shown);
  CHECK(once.hosts == again.hosts);
  for (auto door : {"Door.enroll", "Door.renew"}) {
    CHECK_MESSAGE(repeats.delivered[door] > 0, "nobody asked again at " << door);
  }
  for (auto contract : {capnp::Schema::from<schema::Uplink>(),
                        capnp::Schema::from<schema::Downlink>(),
                        capnp::Schema::from<schema::Pulse>()}) {
    for (auto& method : methodsOf(contract)) {
      CHECK_MESSAGE(repeats.delivered[method] > 0, "no call of it was repeated: " << method);
    }
  }
}

}  // namespace
}  // namespace skerry
