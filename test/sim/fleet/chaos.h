// Random edits and faults of a fleet, from its seed; then peace, and the demand that all is well.
// Faults by name: cut, clog, one-way cut; crash, power loss, power loss inside a disk call; full
// disk, I/O error; clock jump; the end of a keeper, of a service, of an engine. Sites join
// meanwhile.
#pragma once
#include "test/sim/fleet/invariants.h"

namespace skerry {

class Chaos {
public:
  // All outlive it. The fleet has booted; `wishes` gets its sites.
  Chaos(Fleet& fleet, Wishes& wishes, Invariants& invariants);

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
  void joinOne();
  // What was acknowledged is what central holds.
  void audit();
  // Whether the last edit happened. False: central does not answer, so it is not known yet.
  bool resolve();
  bool isAtCentral(const Wishes::State& state, const Items& apps, const Items& sites);
  void tend();
  void later(uint64_t ms, std::function<void()> action);
  void crash(Machine& machine);
  void loseFor(Machine& machine, uint64_t ms);
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
  SeededEntropy chance;
  std::multimap<uint64_t, std::function<void()>> planned;
  bool certain = true;
  Wishes::State before;
  uint64_t versions = 0;
};

}  // namespace skerry
