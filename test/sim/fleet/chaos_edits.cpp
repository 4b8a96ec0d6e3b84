// What people do meanwhile.
#include "test/sim/fleet/chaos.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr size_t APPS_MAX = 10;
constexpr const char* TENANTS[] = {"acme", "globex"};
constexpr const char* SELECTORS[] = {"customer = acme", "customer = globex", "size = small",
                                     "size in (medium, large)", "number < 5", "number >= 3",
                                     "customer = acme and not size = large", ""};
constexpr const char* SERVICES[] = {"web", "agent", "sync"};
constexpr const char* SIZES[] = {"small", "medium", "large"};

template <typename T, size_t N>
T pick(SeededEntropy& chance, T (&from)[N]) { return from[chance.between(0, N - 1)]; }

bool holds(schema::Application::Reader held, const WishedApp& app) {
  if (held.getPlacement().getSites() != app.selector.c_str()) return false;
  if (held.getServices().size() != app.services.size()) return false;
  for (auto service : held.getServices()) {
    auto wish = app.services.find(service.getName().cStr());
    if (wish == app.services.end()) return false;
    for (auto variable : service.getEnvironment()) {
      if (variable.getName() == "VERSION" && variable.getValue() != wish->second.version.c_str())
        return false;
    }
  }
  return true;
}

}  // namespace

WishedService Chaos::newService() {
  WishedService service;
  service.kind = chance.chance(50) ? "process" : "container";
  service.version = std::to_string(++versions);
  service.command = {"/bin/steady"};
  if (chance.chance(10)) {
    service.command = {"/bin/mortal", std::to_string(chance.between(50, 90'000)),
                       std::to_string(chance.between(0, 1))};
  }
  return service;
}

std::string Chaos::newSelector() { return pick(chance, SELECTORS); }

kj::Promise<Said> Chaos::applyApp(Wishes::State& next, const Wishes::AppName& name,
                                  WishedApp app) {
  auto yaml = "kind: Tenant\nname: " + name.first + "\n" + yamlOf(name, app);
  fleet.world.trace().note("console", kj::str("apply ", name.first, "/", name.second, " ",
                                              yamlOf(name, app)));
  next.apps[name] = std::move(app);
  return fleet.console.apply(std::move(yaml));
}

kj::Promise<Said> Chaos::changeApp(Wishes::State& next) {
  Wishes::AppName name{pick(chance, TENANTS), "app-" + std::to_string(chance.between(0, 5))};
  auto known = next.apps.find(name);
  if (known == next.apps.end()) {
    WishedApp app;
    app.selector = newSelector();
    auto services = chance.between(1, 2);
    for (size_t i = 0; i < services; ++i) app.services[SERVICES[i]] = newService();
    return applyApp(next, name, std::move(app));
  }
  if (chance.chance(25) || next.apps.size() > APPS_MAX) {
    next.apps.erase(known);
    fleet.world.trace().note("console", kj::str("delete ", name.first, "/", name.second));
    return fleet.console.remove("application", name.first, name.second);
  }
  auto app = known->second;
  auto dice = chance.between(0, 99);
  std::string service = pick(chance, SERVICES);
  if (dice < 60) app.services[service] = newService();
  else if (dice < 80) app.selector = newSelector();
  else if (app.services.size() > 1) app.services.erase(app.services.begin());
  return applyApp(next, name, std::move(app));
}

kj::Promise<Said> Chaos::changeLabels(Wishes::State& next) {
  auto& site = *fleet.sites[chance.between(0, fleet.sites.size() - 1)];
  auto& labels = next.sites[site.name()];
  if (chance.chance(50)) labels["size"] = pick(chance, SIZES);
  else labels["customer"] = pick(chance, TENANTS);
  auto yaml = fleet.siteYaml(site, labels);
  fleet.world.trace().note("console", kj::StringPtr(yaml.c_str(), yaml.size()));
  return fleet.console.apply(std::move(yaml));
}

void Chaos::edit() {
  if (!certain && !resolve()) return;
  before = wishes.now();
  auto next = wishes.now();
  auto asked = chance.chance(85) ? changeApp(next) : changeLabels(next);
  wishes.become(std::move(next));
  certain = false;
  if (chance.chance(15)) {
    fleet.world.runFor(chance.between(0, 20));
    machineFault(fleet.central);
  }
  auto said = fleet.world.run(kj::mv(asked), 2 * CONSOLE_PATIENCE_MS);
  fleet.world.trace().note("console", kj::str(said.answered ? "answered " : "not answered ",
                                              said.problem));
  if (!said.answered) return;
  if (!said.problem.empty()) invariants.broke("a sound edit was refused: " + said.problem);
  certain = true;
}

void Chaos::audit() {
  auto apps = fleet.get("application"), sites = fleet.get("site");
  if (!apps.answered() || !sites.answered()) return;
  if (!isAtCentral(wishes.now(), apps, sites)) invariants.broke("an acknowledged edit is lost");
}

bool Chaos::resolve() {
  auto apps = fleet.get("application"), sites = fleet.get("site");
  if (!apps.answered() || !sites.answered()) return false;
  certain = true;
  if (isAtCentral(wishes.now(), apps, sites)) {
    probes.hit("an edit that was not answered had happened");
    return true;
  }
  probes.hit("an edit that was not answered had not happened");
  wishes.become(before);
  if (!isAtCentral(before, apps, sites)) {
    invariants.broke("central holds neither what was before an unanswered edit nor what it asked");
  }
  return true;
}

bool Chaos::isAtCentral(const Wishes::State& state, const Items& apps, const Items& sites) {
  if (apps.list().size() != state.apps.size()) return false;
  for (auto item : apps.list()) {
    auto app = state.apps.find({item.getTenant().cStr(), item.getName().cStr()});
    if (app == state.apps.end()) return false;
    if (!holds(item.getSpec().getApplication(), app->second)) return false;
  }
  for (auto item : sites.list()) {
    auto& labels = state.sites.at(item.getName().cStr());
    for (auto label : item.getSpec().getSite().getLabels()) {
      auto wish = labels.find(label.getName().cStr());
      if (wish == labels.end() || label.getValue() != wish->second.c_str()) return false;
    }
  }
  return true;
}

}  // namespace skerry
