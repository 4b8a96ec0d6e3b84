// What central was asked for, in the order it was asked, and what follows from it for each site: an
// oracle that knows nothing of how the product works. A service's VERSION is in its environment,
// and unique in a run: equal versions are equal services.
#pragma once
#include "shared/model/selector.h"
#include <map>
#include <string>
#include <vector>

namespace skerry {

struct WishedService {
  std::string kind, version;  // kind: container or process
  std::vector<std::string> command;
  bool endsByItself() const { return !command.empty() && command[0] == "/bin/mortal"; }
  bool operator==(const WishedService&) const = default;
};

struct WishedApp {
  std::string selector;
  std::map<std::string, WishedService> services;
  bool operator==(const WishedApp&) const = default;
};

class Wishes {
public:
  using AppName = std::pair<std::string, std::string>;  // tenant, name
  using Instances = std::map<std::string, std::string>;  // instance -> version
  struct State {
    std::map<AppName, WishedApp> apps;
    std::map<std::string, Labels> sites;
    bool operator==(const State&) const = default;
  };

  const State& now() const { return state; }
  // Asked for now. It may have happened, or be undone by asking for what was before.
  void become(State next);
  // Everything the site was ever meant to run, oldest first; the last is what it should run now.
  const std::vector<Instances>& history(const std::string& site) const;
  const Instances& expected(const std::string& site) const { return history(site).back(); }
  // Applications meant for a site, as TENANT/APP.
  std::vector<std::string> appsOf(const std::string& site) const;
  // Whether the instance's service ends by itself now and then.
  bool isMortal(const std::string& instance) const;

private:
  Instances instancesAt(const Labels& labels) const;

  State state;
  std::map<std::string, std::vector<Instances>> histories;
};

// As a manifest.
std::string yamlOf(const Wishes::AppName& name, const WishedApp& app);

}  // namespace skerry
