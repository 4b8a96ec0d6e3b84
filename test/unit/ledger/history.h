// Random histories of a fleet: edits, overrides, projections, wiped and restored hosts, restarts,
// moves, forgeries, clocks that jump, and a network that loses, repeats, reorders and delays. Then
// everything is healed, and must be as promised. Equal seeds are equal histories.
#pragma once
#include "test/unit/ledger/oracle.h"

namespace skerry {

class History {
public:
  explicit History(uint64_t seed);
  // Throws Violation.
  void run();
  // Only the random part: for tests that need reachable states.
  void play(size_t steps);

  Fleet fleet;

private:
  struct App {
    bool exists = false;
    Gen gen;
    unsigned revision = 0;
    uint64_t intents = 0;
    std::vector<unsigned> before;
  };
  struct HostClock {
    std::string bootId;
    uint64_t bootMs = 0;
    int64_t wallMs = 0;
  };

  void step();
  bool stepAbove(uint64_t drawn);
  bool stepHost(uint64_t drawn);
  bool stepFault(uint64_t drawn);
  void editApp(const std::string& name);
  void projectCentral();
  void projectRegion(unsigned percentDirty);
  void overrideAtRegion();
  std::optional<EffectiveApp> appAt(size_t place, const std::string& name) const;
  void writeOverride(size_t host);
  void writeHold(size_t host);
  void refuse(size_t host);
  void clear(size_t host);
  void endMismatched(size_t host);
  void sweep(size_t host);
  void write(size_t host, LocalDraft draft, std::optional<Bytes> saw);
  void wipe(size_t host);
  void restore(size_t host);
  void restart(size_t place);
  void moveHome();
  void rebel(size_t host);
  void replay(size_t host);
  void forge(size_t host);
  void passTime();
  void tick(size_t host);
  void transport();
  Step deliver(const Packet& packet);
  void pump();
  void heal();
  void afterEdit(size_t place, const Orders::Edited& edited);
  size_t anyHost() { return HOSTS[fleet.entropy.between(0, 2)]; }
  std::string anyApp() { return fleet.entropy.chance(60) ? "pos" : "cam"; }

  Oracle oracle;
  std::map<std::string, App> apps;
  std::map<std::string, Bytes> central;   // central's own tables, as entries
  std::set<std::string> dirtyAtCentral;
  std::map<size_t, HostClock> clocks;
  std::map<size_t, Database> backups;
  std::vector<Packet> attic;              // messages that come again much later
  uint64_t trueMs = 0, values = 0;
  unsigned wipes = 0;
};

// The first of these seeds whose history violates a property, with the text.
struct Found {
  uint64_t seed;
  std::string violation;
};
std::optional<Found> findViolation(uint64_t firstSeed, uint64_t seeds);

}  // namespace skerry
