// The machines of a simulated fleet, each with the daemon of its tier: the product's own objects.
// A machine that has not been set up (init, join) runs no daemon.
#pragma once
#include "shared/daemon/program.h"
#include "test/sim/sim_engine.h"
#include "test/sim/sim_keeper.h"
#include "tier_central/service.h"
#include "tier_region/service.h"
#include "tier_site/service.h"

namespace skerry {

constexpr const char* SIM_ENGINE_SOCKET = "/run/engine.sock";
constexpr const char* SIM_IMAGE = "localhost/app:1";
constexpr uint64_t SIM_ENGINE_ANSWER_MS_MAX = 60;

// A service's process: what systemd would keep alive.
template <typename Tier>
class Daemon final : public Program {
public:
  explicit Daemon(kj::Own<Tier> made) : service(kj::mv(made)) {
    starting = kj::evalNow([this] { return service->start(); })
        .then([this] { started = true; })
        .eagerlyEvaluate([this](kj::Exception&& reason) { failure = kj::mv(reason); });
  }
  Tier& tier() { return *service; }
  bool isStarted() const { return started; }
  // Why it ended by itself: systemd would start it again.
  const kj::Maybe<kj::Exception>& failed() const { return failure; }

private:
  kj::Own<Tier> service;
  bool started = false;
  kj::Maybe<kj::Exception> failure;
  kj::Promise<void> starting = nullptr;
};

class Machine {
public:
  Machine(SimWorld& world, const std::string& name, SimHost::Start start)
      : host(world, kj::StringPtr(name.c_str(), name.size()), kj::mv(start)), itsName(name) {}
  virtual ~Machine() noexcept(false) {}
  KJ_DISALLOW_COPY(Machine);

  const std::string& name() const { return itsName; }
  virtual void powerOn() { host.powerOn(); }
  // Null, or why its daemon ended by itself.
  virtual kj::Maybe<const kj::Exception&> failure() = 0;
  virtual bool isStarted() = 0;

  SimHost host;

private:
  const std::string itsName;
};

template <typename Tier>
class TierMachine : public Machine {
public:
  using Machine::Machine;
  // Null while no daemon runs, or none that has started.
  Tier* tier() { return isStarted() ? &daemon()->tier() : nullptr; }
  bool isStarted() override {
    auto running = daemon();
    return running != nullptr && running->isStarted();
  }
  kj::Maybe<const kj::Exception&> failure() override {
    auto running = daemon();
    if (running == nullptr) return nullptr;
    return running->failed().map([](const kj::Exception& e) -> const kj::Exception& { return e; });
  }

private:
  Daemon<Tier>* daemon() {
    return host.isRunning() ? dynamic_cast<Daemon<Tier>*>(&host.daemon()) : nullptr;
  }
};

class CentralMachine final : public TierMachine<CentralService> {
public:
  CentralMachine(SimWorld& world, const Transport& transport);
};

class RegionMachine final : public TierMachine<RegionService> {
public:
  RegionMachine(SimWorld& world, const Transport& transport, const std::string& name);
};

class SiteMachine final : public TierMachine<SiteService> {
public:
  SiteMachine(SimWorld& world, const Transport& transport, const std::string& name,
              const std::string& region);
  void powerOn() override;
  // Of its control groups (v2), as the kernel has them from its next start on.
  void setControllers(const std::string& names);

  const std::string region;
  SimServices services{host};
  SimKeepers keepers{host, services};
  SimEngine engine{host, services, SIM_ENGINE_SOCKET};
};

}  // namespace skerry
