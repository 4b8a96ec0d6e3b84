// What simulated services do, and which lives of them a machine has had: shared by its keepers and
// its engine, so that a test sees both kinds of runtime as one.
//
// A service's command says how it behaves:
//   /bin/steady ...            lives until it is ended
//   /bin/mortal MS CODE        ends by itself after MS, with that code
//   /bin/missing ...           cannot be executed
// Anything else is steady. A living service ends by the power, by kill(), or within
// SERVICE_STOP_MS_MAX of stop().
#pragma once
#include "test/sim/sim_host.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skerry {

constexpr uint64_t SERVICE_STOP_MS_MAX = 200;

struct SimLife {
  std::string instance;  // "acme.pos.web.0"
  std::string runtime;   // process or container
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  int pid = 0;
  uint64_t boot = 0;     // of its machine: pids repeat from boot to boot
  uint64_t number = 0;   // of all lives of its machine: never repeats
};

struct SimExit { int code = -1, signal = 0; };

class SimServices final : private kj::TaskSet::ErrorHandler {
public:
  // Told as it happens, from inside the loop. Outlives the services, or is unset.
  class Watcher {
  public:
    virtual ~Watcher() noexcept(false) {}
    virtual void began(SimHost& host, const SimLife& life) = 0;
    // A runtime was asked to end it.
    virtual void stopping(SimHost& host, const SimLife& life) = 0;
  };

  explicit SimServices(SimHost& host) : host(host), chance(host.entropy().fork()), tasks(*this) {}
  KJ_DISALLOW_COPY(SimServices);

  void watch(kj::Maybe<Watcher&> by) { watcher = by; }

  // Its pid; 0: there is no such program.
  int start(SimLife life);
  // Resolves once `pid` has ended, with how.
  kj::Promise<SimExit> onEnd(int pid);
  // On a runtime's behalf: asks it to end; ends it now.
  void stop(int pid);
  void kill(int pid);
  // By itself, or by chance: nobody asked for it.
  void crash(int pid, SimExit how);

  std::vector<SimLife> living() const;

private:
  using Body = std::shared_ptr<SimExit>;
  kj::Promise<void> play(const SimLife& life, Body how);
  bool lives(const SimLife& life) const {
    return life.boot == host.boots() && host.isOn() && host.processes().isAlive(life.pid);
  }
  SimLife* find(int pid);
  void tell(const SimLife& life);
  void taskFailed(kj::Exception&&) override {}

  SimHost& host;
  SeededEntropy chance;
  kj::Maybe<Watcher&> watcher;
  std::map<int, SimLife> lived;  // by pid, the newest with that number
  std::map<int, Body> ends;
  uint64_t lives_ = 0;
  kj::TaskSet tasks;
};

}  // namespace skerry
