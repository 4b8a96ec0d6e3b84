// A whole fleet in one thread on virtual time: central, regions and sites, set up by the product's
// own init, tokens and joins over the simulated network, then driven through admin.sock.
//
//   Fleet fleet(seed);
//   fleet.boot();
//   fleet.must(fleet.console.apply("kind: Tenant\nname: acme\n"));
//   fleet.until("the app runs", [&] { return ...; });
#pragma once
#include "test/sim/fleet/console.h"
#include "test/sim/fleet/machine.h"
#include "test/sim/repeating_transport.h"
#include "shared/model/selector.h"
#include <functional>

namespace skerry {

constexpr uint64_t FLEET_STEP_MS = 250;       // between two looks of until()
constexpr uint64_t FLEET_SETUP_MS = 180'000;  // one join, in peace, over a slow link too

struct FleetShape {
  size_t regions = 2, sites = 10;
  size_t unjoined = 0;  // of the sites, the last ones: declared, not joined by boot()
  uint64_t latencyMsMax = SIM_LATENCY_MS_MAX;     // of links, one way
  uint64_t diskMsMax = SIM_DISK_LATENCY_MS_MAX;   // of one job of a database
  uint64_t engineMsMax = SIM_ENGINE_ANSWER_MS_MAX;
};

class Fleet {
public:
  // `repeats`: sessions repeat and reorder calls (repeating_transport.h); outlives the fleet.
  explicit Fleet(uint64_t seed, FleetShape shape = FleetShape(),
                 kj::Maybe<Repeats&> repeats = nullptr);
  ~Fleet() noexcept(false);
  KJ_DISALLOW_COPY(Fleet);

  // Everything declared, joined and online.
  void boot();
  // Asks for a token and joins; the daemon starts. Empty, or why not: then ask again.
  std::string join(RegionMachine& region);
  std::string join(SiteMachine& site);
  bool hasJoined(SiteMachine& site) const;

  RegionMachine& region(const std::string& name);
  SiteMachine& site(const std::string& name);
  std::vector<Machine*> machines();
  // Its manifest: with the labels it has, or gets.
  std::string siteYaml(const SiteMachine& site, const Labels& labels) const;
  const Labels& firstLabels(const SiteMachine& site) const { return labels.at(site.name()); }

  // The answer, which has to be a yes.
  void must(kj::Promise<Said> asked);
  // FAILED, saying `what`, when `isSo` does not come true within `limitMs`.
  void until(kj::StringPtr what, std::function<bool()> isSo, uint64_t limitMs = 600'000);
  // The same, for what explains itself: empty when it is so.
  void untilEmpty(kj::StringPtr what, std::function<std::string()> why, uint64_t limitMs);
  Items get(const std::string& kind) { return world.run(console.get(kind), 60'000); }

  // What every site runs, thinks of its orders and lacks: for whoever has to find out why.
  std::string report();
  // Equal for equal runs: trace, network and disks.
  std::string fingerprint();

  SimWorld world;
  kj::Own<Transport> plain, transport;
  CentralMachine central;
  std::vector<kj::Own<RegionMachine>> regions;
  std::vector<kj::Own<SiteMachine>> sites;
  Console console{central.host};

private:
  void restart(Machine& machine);
  std::string token(const std::string& kind, const std::string& name, kj::Maybe<std::string>& kept);

  FleetShape shape;
  std::map<std::string, Labels> labels;
  std::map<std::string, std::string> tokens;  // of joins that have not succeeded yet
};

// The services alive at a site: instance -> VERSION in its environment.
std::map<std::string, std::string> running(const SiteMachine& site);
// Their pids.
std::map<std::string, int> pids(const SiteMachine& site);

}  // namespace skerry
