// What the sites of this region say together of each application: reported to central as registers.
#include "tier_region/admin.h"
#include <cstring>

namespace skerry {

Rollups RegionCore::rollups() {
  auto all = hour.sum(host.clock.wallMs());
  constexpr std::string_view APP = "app/", INSTANCE = "instance/";
  skerry::registers(*this)([&](const std::string&, const std::string& key, const Bytes& value) {
    if (key.starts_with(APP)) {
      ++all[key.substr(APP.size())].sites;
    } else if (key.starts_with(INSTANCE)) {
      auto app = key.find('/', key.find('/', INSTANCE.size()) + 1);
      if (app == key.npos) return;
      auto name = key.substr(INSTANCE.size(), app - INSTANCE.size());
      ++all[name].states[stateOf(value)];
    }
  });
  return all;
}

void RegionCore::reportRollups() {
  auto now = rollups();
  std::vector<std::string> gone;
  auto& held = registers->all();
  for (auto i = held.lower_bound(ROLLUP_PREFIX);
       i != held.end() && i->first.starts_with(ROLLUP_PREFIX); ++i) {
    if (!now.contains(i->first.substr(strlen(ROLLUP_PREFIX)))) gone.push_back(i->first);
  }
  bool isNew = false;
  for (auto& key : gone) isNew |= registers->erase(key);
  for (auto& [app, rollup] : now) {
    auto value = encodeRollup(rollup);
    auto key = ROLLUP_PREFIX + app;
    if (registers->hasRoomFor(key, value)) isNew |= registers->set(key, std::move(value));
  }
  if (isNew) parent->statusChanged();
}

kj::Promise<void> RegionCore::rollUpForEver() {
  return host.timer.afterDelay(ROLLUP_EVERY).then([this] {
    reportRollups();
    return rollUpForEver();
  });
}

}  // namespace skerry
