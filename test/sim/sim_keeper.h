// Plays skerry-keeper on a simulated machine: its command line, its files and its protocol, as
// tier_site/keeper/main.cpp describes them. Keepers and their services are processes of the
// machine: a daemon's crash leaves them, a power loss ends them. They write no logs and restart
// nothing alone.
#pragma once
#include "test/sim/sim_services.h"

namespace skerry {

constexpr uint64_t KEEPER_LAUNCH_MS_MAX = 40;

class SimKeepers {
public:
  // Installs the program `skerry-keeper`. Both outlive this.
  SimKeepers(SimHost& host, SimServices& services);
  ~SimKeepers() noexcept(false);
  KJ_DISALLOW_COPY(SimKeepers);

  // Pids of the living keepers, for tests to kill.
  std::vector<int> living() const;

private:
  class Keeper;
  struct Held {
    int pid = 0;
    uint64_t boot = 0;
  };
  kj::Promise<Ended> run(Command command);
  Ended launch(const std::string& folder, bool takeOver);
  Ended removeRest(const std::string& folder);
  bool isHeld(const std::string& folder) const;

  SimHost& host;
  SimServices& services;
  SeededEntropy chance;
  std::map<std::string, Held> locks;  // by folder
};

}  // namespace skerry
