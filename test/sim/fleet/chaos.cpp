#include "test/sim/fleet/chaos.h"
#include "tier_site/drivers/service_folder.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr uint64_t STEP_MS_MIN = 500, STEP_MS_MAX = 8'000;
constexpr unsigned EDIT_PERCENT = 25, FAULT_PERCENT = 40, JOIN_PERCENT = 3, AUDIT_PERCENT = 4;
constexpr uint64_t RESTART_MS = 2'000;  // of a daemon that ended by itself

}  // namespace

Chaos::Chaos(Fleet& fleet, Wishes& wishes, Invariants& invariants, Probes& probes)
    : fleet(fleet), wishes(wishes), invariants(invariants), probes(probes),
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
  for (auto& site : fleet.sites) {
    if (!doubted.contains(site->name()) || !isRuined(*site)) continue;
    probes.hit("a store that its disk ruined said so");
    wipe(*site);
  }
  for (auto machine : fleet.machines()) {
    if (machine->host.lostPower()) loseForSomeTime(*machine);
    KJ_IF_MAYBE(reason, machine->failure()) {
      fleet.world.trace().note(machine->host.name(),
                               kj::str("ended by itself: ", reason->getDescription()));
      machine->host.crash();
      later(RESTART_MS, [machine]() {
        if (machine->host.isOn() && !machine->host.isRunning() && !machine->host.lostPower())
          machine->host.restart();
      });
    }
  }
  invariants.look(certain);
}

// Its store says that it is not sound, or its identity has no store any more; then a daemon advises
// to start empty. One that says anything else of a ruined store never comes back: peace finds it.
bool Chaos::isRuined(SiteMachine& site) {
  std::string said;
  KJ_IF_MAYBE(reason, site.failure()) said = reason->getDescription().cStr();
  else if (site.tier() != nullptr) said = site.tier()->diskTrouble();
  for (auto advice : {"damaged", "move it away", "restore the file", "join"}) {
    if (said.find(advice) != said.npos) return true;
  }
  return false;
}

void Chaos::joinOne() {
  for (auto& site : fleet.sites) {
    if (fleet.hasJoined(*site) || !site->host.isOn() || site->host.lostPower()) continue;
    join(*site);  // or another time
    return;
  }
}

std::string Chaos::join(SiteMachine& site) {
  site.host.disk().clearFaults();  // who installs it sees to that
  auto problem = fleet.join(site);
  if (problem.empty() && wiped.erase(site.name()) > 0) {
    probes.hit("a site joined again with a new disk");
  }
  return problem;
}

// Peace -------------------------------------------------------------------------------------------

void Chaos::heal() {
  planned.clear();
  fleet.world.network().healAll();
  for (auto machine : fleet.machines()) {
    machine->host.disk().clearFaults();
    machine->host.disk().setSyncLies(false);
    machine->host.thawWallClock();
    if (machine->host.lostPower()) powerOff(*machine);
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
      auto problem = join(*site);
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
