// Log lines, asked at the top of a fleet: of everybody who answers, and who does not is named.
#include "capnp/logs.capnp.h"
#include "shared/daemon/line_watch.h"
#include "test/sim/fleet/stage.h"
#include <doctest/doctest.h>
#include <set>

namespace skerry {
namespace {

constexpr uint64_t SEED = 51;
constexpr const char* EVERYWHERE =
    "kind: Application\nname: till\ntenant: acme\nplacement: { sites: 'number exists' }\n"
    "services: { web: { image: 'localhost/app:1', command: [/bin/steady] } }\n";

// As engines frame them.
std::string oneLine() {
  std::string line = "2023-11-14T22:13:20.5Z hello\n";
  return std::string("\x01\0\0\0\0\0\0", 7) + char(line.size()) + line;
}

struct Heard {
  std::set<std::string> sites, missing;
};

class Lines final : public schema::LineSink::Server {
public:
  explicit Lines(std::set<std::string>& sites) : sites(sites) {}
  kj::Promise<void> write(WriteContext context) override {
    for (auto line : context.getParams().getLines()) sites.insert(line.getSite().cStr());
    return kj::READY_NOW;
  }

private:
  std::set<std::string>& sites;
};

struct Shop : Stage {
  Shop() : Stage(SEED) {
    fleet.must(fleet.console.apply(EVERYWHERE));
    for (auto& each : fleet.sites) {
      each->engine.log = oneLine();
      fleet.until("it runs", [&]() { return running(*each).contains("acme.till.web.0"); });
    }
  }
  Heard ask() {
    Heard heard;
    auto request = fleet.central.tier()->admin().logsRequest();
    request.initQuery().setTenant("acme");
    request.getQuery().setApp("till");
    request.setSink(kj::heap<Lines>(heard.sites));
    auto answer = fleet.world.run(request.send(), MINUTE_MS);
    for (auto who : answer.getMissing()) heard.missing.insert(who.cStr());
    return heard;
  }
  std::set<std::string> others() {
    std::set<std::string> names;
    for (auto& each : fleet.sites) names.insert(each->name());
    names.erase(site().name());
    return names;
  }
  uint64_t took(uint64_t beganMs) { return fleet.world.nowMs() - beganMs; }
};

using Names = std::set<std::string>;

TEST_CASE("instances whose engine is away or hangs are named, and the others' lines arrive") {
  Shop shop;
  auto all = shop.ask();
  CHECK(all.sites.size() == shop.fleet.sites.size());
  CHECK(all.missing.empty());
  auto instance = shop.site().name() + "/acme.till.web.0";
  shop.site().engine.faults.push_back({"/logs?", SimEngine::Fault::SILENCE, 0, ""});
  auto heard = shop.ask();
  CHECK(heard.sites == shop.others());
  CHECK(heard.missing == Names{instance});
  shop.site().engine.die();
  heard = shop.ask();
  CHECK(heard.sites == shop.others());
  CHECK(heard.missing == Names{instance});
}

TEST_CASE("a site that neither answers nor closes is named, and the others' lines arrive") {
  Shop shop;
  shop.network().clog(shop.site().host.name(), shop.region().host.name());
  auto beganMs = shop.fleet.world.nowMs();
  auto heard = shop.ask();
  CHECK(heard.sites == shop.others());
  CHECK(heard.missing == Names{shop.site().name()});
  // Before anybody would know that the link is dead.
  CHECK(shop.took(beganMs) < uint64_t(REGION_SILENCE_MAX / kj::MILLISECONDS));
  CHECK(shop.isOnline(shop.site().name()));
}

TEST_CASE("a region that neither answers nor closes is named, and the others' lines arrive") {
  Shop shop;
  shop.network().clog(shop.region().host.name(), shop.fleet.central.host.name());
  auto heard = shop.ask();
  CHECK(heard.missing == Names{"region " + shop.region().name()});
  Names expected;
  for (auto& each : shop.fleet.sites) {
    if (each->region != shop.region().name()) expected.insert(each->name());
  }
  CHECK(heard.sites == expected);
}

}  // namespace
}  // namespace skerry
