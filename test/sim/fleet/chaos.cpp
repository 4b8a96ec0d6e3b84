#include "test/sim/fleet/chaos.h"
#include "tier_site/drivers/service_folder.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr uint64_t STEP_MS_MIN = 500, STEP_MS_MAX = 8'000;
constexpr unsigned EDIT_PERCENT = 25, FAULT_PERCENT = 40, JOIN_PERCENT = 3, AUDIT_PERCENT = 4;
constexpr uint64_t LINK_FAULT_MS_MAX = 120'000, DOWN_MS_MAX = 45'000, DISK_FAULT_MS_MAX = 60'000;
constexpr uint64_t RESTART_MS = 2'000;  // of a daemon that ended by itself
constexpr int64_t CLOCK_JUMP_MS_MAX = 2 * 3'600'000;

kj::StringPtr ptr(const std::string& text) { return kj::StringPtr(text.c_str(), text.size()); }

}  // namespace

Chaos::Chaos(Fleet& fleet, Wishes& wishes, Invariants& invariants)
    : fleet(fleet), wishes(wishes), invariants(invariants),
      chance(fleet.world.entropy().fork()) {
  auto state = wishes.now();
  for (auto& site : fleet.sites) state.sites[site->name()] = fleet.firstLabels(*site);
  wishes.become(state);
}

void Chaos::run(uint64_t forMs) {
  auto endMs = fleet.world.nowMs() + forMs;
  while (fleet.world.nowMs() < endMs && invariants.broken().empty()) step();
}

void Chaos::step() {
  fleet.world.runFor(chance.between(STEP_MS_MIN, STEP_MS_MAX));
  tend();
  auto dice = chance.between(0, 99);
  if (dice < EDIT_PERCENT) edit();
  else if (dice < EDIT_PERCENT + FAULT_PERCENT) fault();
  else if (dice < EDIT_PERCENT + FAULT_PERCENT + JOIN_PERCENT) joinOne();
  else if (certain && chance.chance(AUDIT_PERCENT)) audit();
}

void Chaos::later(uint64_t ms, std::function<void()> action) {
  planned.emplace(fleet.world.nowMs() + ms, std::move(action));
}

// What happens outside the daemons: repairs, boots, and systemd.
void Chaos::tend() {
  while (!planned.empty() && planned.begin()->first <= fleet.world.nowMs()) {
    auto action = std::move(planned.begin()->second);
    planned.erase(planned.begin());
    action();
  }
  for (auto machine : fleet.machines()) {
    if (machine->host.lostPower()) loseFor(*machine, chance.between(1, DOWN_MS_MAX));
    if (machine->failure() != nullptr) {
      machine->host.crash();
      later(RESTART_MS, [machine]() {
        if (machine->host.isOn() && !machine->host.isRunning() && !machine->host.lostPower())
          machine->host.restart();
      });
    }
  }
  invariants.look(certain);
}

// Faults ------------------------------------------------------------------------------------------

void Chaos::fault() {
  auto machines = fleet.machines();
  auto& machine = *machines[chance.between(0, machines.size() - 1)];
  auto& site = *fleet.sites[chance.between(0, fleet.sites.size() - 1)];
  auto dice = chance.between(0, 99);
  if (dice < 35) linkFault();
  else if (dice < 75) machineFault(machine);
  else siteFault(site);
}

void Chaos::linkFault() {
  auto& network = fleet.world.network();
  auto pick = chance.between(0, fleet.sites.size() + fleet.regions.size() - 1);
  bool isSite = pick < fleet.sites.size();
  auto below = isSite ? fleet.sites[pick]->name()
                      : fleet.regions[pick - fleet.sites.size()]->name();
  std::string above = isSite ? fleet.sites[pick]->region : "central";
  switch (chance.between(0, 3)) {
    case 0: network.cut(ptr(below), ptr(above)); break;
    case 1: network.clog(ptr(below), ptr(above)); break;
    case 2: network.cutOneWay(ptr(below), ptr(above)); break;
    case 3: network.cutOneWay(ptr(above), ptr(below)); break;
  }
  later(chance.between(1, LINK_FAULT_MS_MAX), [this, below, above]() {
    fleet.world.network().heal(ptr(below), ptr(above));
  });
}

void Chaos::crash(Machine& machine) {
  machine.host.crash();
  if (!machine.host.isOn()) return loseFor(machine, chance.between(1, DOWN_MS_MAX));
  later(chance.between(0, DOWN_MS_MAX), [&machine]() {
    if (machine.host.isOn() && !machine.host.isRunning()) machine.host.restart();
  });
}

void Chaos::loseFor(Machine& machine, uint64_t ms) {
  machine.host.powerOff();
  later(ms, [&machine]() {
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
    loseFor(machine, chance.between(1, DOWN_MS_MAX));
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

void Chaos::joinOne() {
  for (auto& site : fleet.sites) {
    if (fleet.hasJoined(*site) || !site->host.isOn() || site->host.lostPower()) continue;
    fleet.join(*site);  // or another time
    return;
  }
}

// Peace -------------------------------------------------------------------------------------------

void Chaos::heal() {
  planned.clear();
  fleet.world.network().healAll();
  for (auto machine : fleet.machines()) {
    machine->host.disk().clearFaults();
    if (machine->host.lostPower()) machine->host.powerOff();
    if (!machine->host.isOn()) machine->powerOn();
    if (machine->failure() != nullptr) machine->host.crash();
    if (!machine->host.isRunning()) machine->host.restart();
  }
  for (auto& site : fleet.sites) {
    if (!site->engine.isServing()) site->engine.begin();
  }
}

void Chaos::converge(uint64_t limitMs) {
  fleet.untilEmpty("all is well", [this]() {
    tend();
    KJ_REQUIRE(invariants.broken().empty(), "an invariant broke in peace");
    return unmet();
  }, limitMs);
}

std::string Chaos::unmet() {
  if (!certain && !resolve()) return "central does not answer";
  for (auto& site : fleet.sites) {
    if (!fleet.hasJoined(*site)) {
      auto problem = fleet.join(*site);
      if (!problem.empty()) return site->name() + " cannot join: " + problem;
    }
    auto problem = unmetAt(*site);
    if (!problem.empty()) return site->name() + " " + problem;
  }
  return unmetAtCentral();
}

std::string Chaos::unmetAt(SiteMachine& site) {
  auto& expected = wishes.expected(site.name());
  auto there = running(site);
  for (auto& [instance, version] : expected) {
    if (there.count(instance) == 0 && wishes.isMortal(instance)) continue;
    if (there[instance] != version) {
      return "runs " + instance + " as '" + there[instance] + "', not '" + version + "'";
    }
  }
  for (auto& [instance, version] : there) {
    if (!version.empty() && expected.count(instance) == 0) return "still runs " + instance;
  }
  for (auto& id : ServiceFolder::all(site.host.host())) {
    if (expected.count(id.str()) == 0) return "still has a folder of " + id.str();
  }
  for (auto& [name, box] : site.engine.boxes) {
    auto instance = name.substr(("skerry." + site.name() + ".").size());
    if (expected.count(instance) == 0) return "still has a container of " + instance;
  }
  return "";
}

std::string Chaos::unmetAtCentral() {
  auto sites = fleet.get("site"), apps = fleet.get("application");
  auto instances = fleet.get("instance");
  if (!sites.answered() || !apps.answered() || !instances.answered()) return "central is silent";
  for (auto item : sites.list()) {
    if (item.getStatus().getSite().getOnline()) continue;
    return item.getName().cStr() + std::string(" is offline at central");
  }
  if (!isAtCentral(wishes.now(), apps, sites)) return "central holds something else";
  std::map<std::string, uint32_t> targets;
  for (auto& [site, labels] : wishes.now().sites) {
    for (auto& app : wishes.appsOf(site)) ++targets[app];
  }
  for (auto item : apps.list()) {
    auto key = std::string(item.getTenant().cStr()) + "/" + item.getName().cStr();
    auto view = item.getStatus().getApplication();
    if (view.getSites() != targets[key]) return key + " is meant for other sites at central";
    for (auto target : view.getTargets()) {
      if (!target.getCurrent()) return key + " is not current at " + target.getSite().cStr();
    }
  }
  size_t expected = 0;
  for (auto& site : fleet.sites) expected += wishes.expected(site->name()).size();
  if (instances.list().size() != expected) return "central shows another number of instances";
  for (auto item : instances.list()) {
    auto view = item.getStatus().getInstance();
    auto instance = std::string(item.getTenant().cStr()) + "." + item.getName().cStr();
    if (wishes.expected(view.getSite().cStr()).count(instance) == 0) {
      return "central shows " + instance + " at " + view.getSite().cStr();
    }
    if (view.getState() != "running" && !wishes.isMortal(instance)) {
      return "central shows " + instance + " as " + view.getState().cStr();
    }
  }
  return "";
}

}  // namespace skerry
