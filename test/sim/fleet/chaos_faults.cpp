// What breaks.
#include "test/sim/fleet/chaos.h"

namespace skerry {

namespace {

constexpr uint64_t LINK_FAULT_MS_MAX = 120'000, DOWN_MS_MAX = 45'000, DISK_FAULT_MS_MAX = 60'000;
constexpr uint64_t LYING_MS_MAX = 300'000, FREEZE_MS_MAX = 600'000;
constexpr unsigned LYING_NEW_DISK_PERCENT = 25;
constexpr int64_t CLOCK_JUMP_MS_MAX = 2 * 3'600'000;
constexpr int64_t CLOCK_YEAR_MS = int64_t(365) * 24 * 3'600'000;

kj::StringPtr ptr(const std::string& text) { return kj::StringPtr(text.c_str(), text.size()); }

}  // namespace

void Chaos::fault() {
  auto machines = fleet.machines();
  auto& machine = *machines[chance.between(0, machines.size() - 1)];
  auto& site = *fleet.sites[chance.between(0, fleet.sites.size() - 1)];
  auto dice = chance.between(0, 99);
  if (dice < 35) linkFault();
  else if (dice < 65) machineFault(machine);
  else if (dice < 86) siteFault(site);
  else deviceFault(site);
}

// Links ------------------------------------------------------------------------------------------

void Chaos::linkFault() {
  auto& network = fleet.world.network();
  auto pick = chance.between(0, fleet.sites.size() + fleet.regions.size() - 1);
  bool isSite = pick < fleet.sites.size();
  auto below = isSite ? fleet.sites[pick]->name()
                      : fleet.regions[pick - fleet.sites.size()]->name();
  std::string above = isSite ? fleet.sites[pick]->region : "central";
  switch (chance.between(0, 4)) {
    case 0: network.cut(ptr(below), ptr(above)); break;
    case 1: network.clog(ptr(below), ptr(above)); break;
    case 2: network.cutOneWay(ptr(below), ptr(above)); break;
    case 3: network.cutOneWay(ptr(above), ptr(below)); break;
    case 4:
      network.slow(ptr(below), ptr(above),
                   {chance.between(100, 1'000), unsigned(chance.between(0, 8)),
                    chance.between(4, 64) << 10});
      break;
  }
  later(chance.between(1, LINK_FAULT_MS_MAX), [this, below, above]() {
    fleet.world.network().heal(ptr(below), ptr(above));
  });
}

// Machines ---------------------------------------------------------------------------------------

void Chaos::crash(Machine& machine) {
  if (machine.host.lostPower()) return loseForSomeTime(machine);
  machine.host.crash();
  later(chance.between(0, DOWN_MS_MAX), [&machine]() {
    if (machine.host.isOn() && !machine.host.isRunning()) machine.host.restart();
  });
}

// What a disk lied about may be gone, or half there: from then on less is promised of it.
void Chaos::powerOff(Machine& machine) {
  auto& disk = machine.host.disk();
  auto lostBefore = disk.counts().lostWrites;
  machine.host.powerOff();
  if (!disk.doesLie()) return;
  invariants.forgot(machine.name());
  doubted.insert(machine.name());
  if (disk.counts().lostWrites > lostBefore) {
    probes.hit("a disk forgot what it said it had stored");
  }
}

void Chaos::loseForSomeTime(Machine& machine) {
  powerOff(machine);
  later(chance.between(1, DOWN_MS_MAX), [&machine]() {
    if (!machine.host.isOn()) machine.powerOn();
  });
}

void Chaos::machineFault(Machine& machine) {
  auto& host = machine.host;
  if (!host.isOn() || host.lostPower()) return;
  auto dice = chance.between(0, 99);
  if (dice < 35) {
    if (host.isRunning()) crash(machine);
  } else if (dice < 50) {
    loseForSomeTime(machine);
  } else if (dice < 65) {
    host.powerOffAtDiskCall(chance.between(1, 60));
  } else if (dice < 85) {
    host.disk().fillAtWrite(1, chance.between(1, 400));
    host.world().trace().note(host.name(), "disk full");
    later(chance.between(1, DISK_FAULT_MS_MAX), [&host]() { host.disk().clearFaults(); });
  } else if (dice < 93) {
    host.disk().failAtCall(chance.between(1, 20), chance.between(1, 3));
    host.world().trace().note(host.name(), "disk errors");
  } else {
    auto ms = int64_t(chance.between(0, 2 * CLOCK_JUMP_MS_MAX)) - CLOCK_JUMP_MS_MAX;
    host.jumpWallClock(ms);
  }
}

// Sites ------------------------------------------------------------------------------------------

void Chaos::siteFault(SiteMachine& site) {
  if (!site.host.isOn() || site.host.lostPower()) return;
  auto dice = chance.between(0, 99);
  if (dice < 50) {
    auto living = site.services.living();
    if (living.empty()) return;
    auto& life = living[chance.between(0, living.size() - 1)];
    site.host.world().trace().note(site.host.name(), kj::str("crash of ", life.instance));
    site.services.crash(life.pid, {int(chance.between(0, 2)), 0});
  } else if (dice < 80) {
    auto keepers = site.keepers.living();
    if (keepers.empty()) return;
    auto pid = keepers[chance.between(0, keepers.size() - 1)];
    site.host.world().trace().note(site.host.name(), kj::str("end of keeper ", pid));
    site.host.processes().kill(pid);
  } else {
    site.host.world().trace().note(site.host.name(), "engine dies");
    site.engine.die();
    later(chance.between(1, DOWN_MS_MAX), [&site]() {
      if (site.host.isOn() && !site.engine.isServing()) site.engine.begin();
    });
  }
}

// What only cheap devices do: clocks that forget the year or stand still, disks that say they have
// stored what they have not, and disks that are changed.
void Chaos::deviceFault(SiteMachine& site) {
  auto& host = site.host;
  if (!host.isOn() || host.lostPower()) return;
  auto dice = chance.between(0, 99);
  if (dice < 30) {
    host.jumpWallClock((int64_t(chance.between(0, 20)) - 10) * CLOCK_YEAR_MS);
  } else if (dice < 45) {
    host.freezeWallClock();
    later(chance.between(1, FREEZE_MS_MAX), [&host]() { host.thawWallClock(); });
  } else if (dice < 75) {
    lie(site);
  } else {
    wipe(site);
  }
}

void Chaos::lie(SiteMachine& site) {
  auto& host = site.host;
  host.disk().setSyncLies(true);
  host.world().trace().note(host.name(), "disk lies");
  later(chance.between(1, LYING_MS_MAX), [&host]() { host.disk().setSyncLies(false); });
}

// Who serves the site changes its disk, and has it join again when central can be asked.
void Chaos::wipe(SiteMachine& site) {
  powerOff(site);
  site.host.wipe();
  invariants.forgot(site.name());
  doubted.erase(site.name());
  wiped.insert(site.name());
  later(chance.between(1, DOWN_MS_MAX), [&site]() {
    if (!site.host.isOn()) site.powerOn();
  });
  // The new one may be worse: what lies from the beginning may forget that there was a store.
  if (!chance.chance(LYING_NEW_DISK_PERCENT)) return;
  lie(site);
  later(chance.between(1, LYING_MS_MAX), [this, &site]() {
    if (site.host.isOn() && !site.host.lostPower()) loseForSomeTime(site);
  });
}

}  // namespace skerry
