#include "test/sim/fleet/wishes.h"

namespace skerry {

namespace {

std::string instanceOf(const Wishes::AppName& app, const std::string& service) {
  return app.first + "." + app.second + "." + service + ".0";
}

}  // namespace

void Wishes::become(State next) {
  state = std::move(next);
  for (auto& [site, labels] : state.sites) {
    auto& history = histories[site];
    auto instances = instancesAt(labels);
    if (history.empty() || history.back() != instances) history.push_back(std::move(instances));
  }
}

Wishes::Instances Wishes::instancesAt(const Labels& labels) const {
  Instances instances;
  for (auto& [name, app] : state.apps) {
    if (!parseSelector(app.selector).selector.matches(labels)) continue;
    for (auto& [service, wish] : app.services) instances[instanceOf(name, service)] = wish.version;
  }
  return instances;
}

const std::vector<Wishes::Instances>& Wishes::history(const std::string& site) const {
  return histories.at(site);
}

std::vector<std::string> Wishes::appsOf(const std::string& site) const {
  std::vector<std::string> apps;
  for (auto& [name, app] : state.apps) {
    if (parseSelector(app.selector).selector.matches(state.sites.at(site)))
      apps.push_back(name.first + "/" + name.second);
  }
  return apps;
}

bool Wishes::isMortal(const std::string& instance) const {
  for (auto& [name, app] : state.apps) {
    for (auto& [service, wish] : app.services) {
      if (instanceOf(name, service) == instance) return wish.endsByItself();
    }
  }
  return false;
}

std::string yamlOf(const Wishes::AppName& name, const WishedApp& app) {
  auto yaml = "---\nkind: Application\nname: " + name.second + "\ntenant: " + name.first +
              "\nplacement: { sites: '" + app.selector + "' }\nservices:\n";
  for (auto& [service, wish] : app.services) {
    yaml += "  " + service + ":\n    command: [";
    for (auto& word : wish.command) {
      yaml += (&word == &wish.command[0] ? "\"" : ", \"") + word + "\"";
    }
    yaml += "]\n    environment: { VERSION: \"" + wish.version + "\" }\n";
    yaml += wish.kind == "process" ? "    x-skerry: { kind: process }\n"
                                   : "    image: \"localhost/app:1\"\n";
  }
  return yaml;
}

}  // namespace skerry
