// Random edits and faults of a fleet, from its seed; then peace, and the demand that all is well.
// Faults by name: cut, clog, one-way cut, slow; crash, power loss, power loss inside a disk call;
// full disk, I/O error, a disk that lies about what it stored; clock jump, of hours and of years,
// and a clock that stands still; the end of a keeper, of a service, of an engine; a new disk. Sites
// join meanwhile, and again.
#pragma once
#include "test/sim/fleet/invariants.h"

namespace skerry {

class Chaos {
public:
  // All outlive it. The fleet has booted; `wishes` gets its sites.
  Chaos(Fleet& fleet, Wishes& wishes, Invariants& invariants, Probes& probes);

  void run(uint64_t forMs);
  // Everything is mended at once.
  void heal();
  // Until every site runs exactly what was asked for and central says so. Throws, saying what is
  // missing, when that is not so within `limitMs`, or when an invariant breaks.
  void converge(uint64_t limitMs);

private:
  void step();
  void edit();
  void fault();
  void linkFault();
  void machineFault(Machine& machine);
  void siteFault(SiteMachine& site);
  void deviceFault(SiteMachine& site);
  void lie(SiteMachine& site);
  void wipe(SiteMachine& site);
  bool isRuined(SiteMachine& site);
  void joinOne();
  std::string join(SiteMachine& site);
  // What was acknowledged is what central holds.
  void audit();
  // Whether the last edit happened. False: central does not answer, so it is not known yet.
  bool resolve();
  bool isAtCentral(const Wishes::State& state, const Items& apps, const Items& sites);
  void tend();
  void later(uint64_t ms, std::function<void()> action);
  void crash(Machine& machine);
  void powerOff(Machine& machine);
  void loseForSomeTime(Machine& machine);
  std::string unmet();
  std::string unmetAt(SiteMachine& site);
  std::string unmetAtCentral();

  kj::Promise<Said> changeApp(Wishes::State& next);
  kj::Promise<Said> changeLabels(Wishes::State& next);
  kj::Promise<Said> applyApp(Wishes::State& next, const Wishes::AppName& name, WishedApp app);
  WishedService newService();
  std::string newSelector();

  Fleet& fleet;
  Wishes& wishes;
  Invariants& invariants;
  Probes& probes;
  SeededEntropy chance;
  std::multimap<uint64_t, std::function<void()>> planned;
  std::set<std::string> doubted;  // lost power while their disk lied
  std::set<std::string> wiped;    // and have not joined again
  bool certain = true;
  Wishes::State before;
  uint64_t versions = 0;
};

}  // namespace skerry
