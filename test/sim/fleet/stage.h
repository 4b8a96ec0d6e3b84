// Two regions of two sites, for one thing to go wrong: both sites of the first run version 1 of an
// application of a process and a container.
#pragma once
#include "test/sim/fleet/fleet.h"
#include "test/sim/fleet/wishes.h"

namespace skerry {

constexpr uint64_t MINUTE_MS = 60'000, SOON_MS = 30'000;
constexpr const char* AGENT = "acme.pos.agent.0";
constexpr const char* WEB = "acme.pos.web.0";

// A command of about so many bytes, in words of a size that is allowed.
inline std::vector<std::string> commandOf(size_t bytes) {
  constexpr size_t WORD_BYTES = 30'000;
  std::vector<std::string> words{"/bin/steady"};
  for (; bytes > 0; bytes -= std::min(bytes, WORD_BYTES)) {
    words.push_back(std::string(std::min(bytes, WORD_BYTES), 'x'));
  }
  return words;
}

struct Stage {
  explicit Stage(uint64_t seed) : fleet(seed, {2, 4}) {
    fleet.boot();
    apply("1");
    untilRuns(site(), "1");
    untilRuns(other(), "1");
  }
  SiteMachine& site() { return *fleet.sites[0]; }
  SiteMachine& other() { return *fleet.sites[1]; }
  RegionMachine& region() { return fleet.region(site().region); }
  SimNetwork& network() { return fleet.world.network(); }

  static std::string yaml(const std::string& version) {
    WishedApp app;
    app.selector = "customer = acme";
    app.services["agent"] = {"process", version, {"/bin/steady"}};
    app.services["web"] = {"container", version, {"/bin/steady"}};
    return "kind: Tenant\nname: acme\n" + yamlOf({"acme", "pos"}, app);
  }
  void apply(const std::string& version) { fleet.must(fleet.console.apply(yaml(version))); }
  static bool runs(SiteMachine& site, const std::string& version) {
    return running(site) == std::map<std::string, std::string>{{AGENT, version}, {WEB, version}};
  }
  void untilRuns(SiteMachine& site, const std::string& version, uint64_t limitMs = SOON_MS) {
    fleet.until("a version runs", [&]() { return runs(site, version); }, limitMs);
  }
  void cutOff(SiteMachine& site) {
    network().cut(site.host.name(), region().host.name());
  }
  void join(SiteMachine& site) { network().heal(site.host.name(), region().host.name()); }
  void restart(Machine& machine) {
    machine.host.crash();
    fleet.world.runFor(1000);
    machine.host.restart();
    fleet.until("the daemon is back", [&]() { return machine.isStarted(); }, SOON_MS);
  }
  bool isOnline(const std::string& site) {
    auto items = fleet.get("site");
    KJ_IF_MAYBE(item, items.find(site)) return item->getStatus().getSite().getOnline();
    return false;
  }

  Fleet fleet;
};

}  // namespace skerry
