#include "test/sim/fleet/fleet.h"
#include "shared/pki/token.h"
#include "test/sim/plain_handshaker.h"
#include "tier_central/init.h"
#include "tier_region/join.h"
#include "tier_site/join.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr const char* REGION_NAMES[] = {"north", "south", "east", "west"};
std::string regionName(size_t i) {
  return i < std::size(REGION_NAMES) ? REGION_NAMES[i] : "region-" + std::to_string(i);
}

constexpr const char* CUSTOMERS[] = {"acme", "globex"};
constexpr const char* SIZES[] = {"small", "medium", "large"};

}  // namespace

namespace {

kj::Own<Transport> transportOf(SimWorld& world, const Transport& plain,
                               kj::Maybe<Repeats&> repeats) {
  KJ_IF_MAYBE(counted, repeats) {
    return newRepeatingTransport(plain, world.timer(), world.entropy().fork(), *counted);
  }
  return newPlainTransport();
}

}  // namespace

Fleet::Fleet(uint64_t seed, FleetShape shapeParam, kj::Maybe<Repeats&> repeats)
    : world(seed), plain(newPlainTransport()), transport(transportOf(world, *plain, repeats)),
      central(world, *transport), shape(shapeParam) {
  for (size_t i = 0; i < shape.regions; ++i)
    regions.push_back(kj::heap<RegionMachine>(world, *transport, regionName(i)));
  auto chance = world.entropy().fork();
  for (size_t i = 0; i < shape.sites; ++i) {
    auto name = "site-" + std::to_string(i);
    sites.push_back(kj::heap<SiteMachine>(world, *transport, name,
                                          regions[i % regions.size()]->name()));
    labels[name] = {{"customer", CUSTOMERS[i / shape.regions % 2]},
                    {"size", SIZES[chance.between(0, 2)]},
                    {"number", std::to_string(i)}};
    sites.back()->engine.answersAfterMsMax = shape.engineMsMax;
  }
  world.network().latencyMsMax = shape.latencyMsMax;
  for (auto machine : machines()) machine->host.diskLatencyMsMax = shape.diskMsMax;
}

// The daemons before what they stand on, and what their sessions left before the clock.
Fleet::~Fleet() noexcept(false) {
  for (auto machine : machines()) machine->host.powerOff();
  world.runFor(FLEET_STEP_MS);
}

void Fleet::boot() {
  for (auto machine : machines()) machine->powerOn();
  InitOptions options;
  options.advertise = "central:443";
  world.run(initCentral(central.host.host(), kj::mv(options)), FLEET_SETUP_MS);
  restart(central);
  std::string yaml;
  for (auto& region : regions) yaml += "---\nkind: Region\nname: " + region->name() + "\n";
  for (auto& site : sites) yaml += siteYaml(*site, labels.at(site->name()));
  must(console.apply(yaml));
  for (auto& region : regions) {
    auto problem = join(*region);
    KJ_REQUIRE(problem.empty(), region->name().c_str(), problem.c_str());
  }
  for (auto& region : regions) {
    until("a region is online", [&]() {
      auto items = get("region");
      KJ_IF_MAYBE(item, items.find(region->name())) {
        return item->getStatus().getRegion().getOnline();
      }
      return false;
    });
  }
  for (size_t i = 0; i + shape.unjoined < sites.size(); ++i) {
    untilEmpty("a site joins", [&]() { return join(*sites[i]); }, FLEET_SETUP_MS);
  }
  until("every joined site is online", [&]() {
    auto items = get("site");
    size_t online = 0;
    for (auto item : items.list()) online += item.getStatus().getSite().getOnline();
    return online + shape.unjoined == sites.size();
  });
}

void Fleet::restart(Machine& machine) {
  machine.host.crash();
  machine.host.restart();
  until("a daemon starts", [&]() { return machine.isStarted(); }, FLEET_SETUP_MS);
}

std::string Fleet::token(const std::string& kind, const std::string& name,
                         kj::Maybe<std::string>& problem) {
  auto& kept = tokens[name];
  if (kept.empty()) {
    auto said = world.run(console.createToken(kind, name), FLEET_SETUP_MS);
    if (!said.accepted()) problem = said.problem;
    else kept = said.token;
  }
  return kept;
}

std::string Fleet::join(RegionMachine& region) {
  kj::Maybe<std::string> problem;
  auto written = token("region", region.name(), problem);
  KJ_IF_MAYBE(why, problem) return *why;
  auto joining = joinRegion(region.host.host(), *transport, std::get<Token>(parseToken(written)))
      .catch_([](kj::Exception&& e) { return JoinOutcome{false, e.getDescription().cStr(), ""}; });
  auto outcome = world.run(kj::mv(joining), FLEET_SETUP_MS);
  if (!outcome.ok) return outcome.text;
  restart(region);
  return "";
}

std::string Fleet::join(SiteMachine& site) {
  kj::Maybe<std::string> problem;
  auto written = token("site", site.name(), problem);
  KJ_IF_MAYBE(why, problem) return *why;
  auto joining =
      joinSite(site.host.host(), *transport, std::get<Token>(parseToken(written)), "host1")
          .catch_([](kj::Exception&& e) {
    return JoinOutcome{false, e.getDescription().cStr(), ""};
  });
  auto outcome = world.run(kj::mv(joining), FLEET_SETUP_MS);
  if (!outcome.ok) return outcome.text;
  tokens.erase(site.name());
  site.host.crash();
  if (site.host.isOn()) site.host.restart();
  return "";
}

bool Fleet::hasJoined(SiteMachine& site) const {
  return IdentityFolder(site.host.host().files).isEnrolled();
}

RegionMachine& Fleet::region(const std::string& name) {
  for (auto& region : regions) {
    if (region->name() == name) return *region;
  }
  KJ_FAIL_REQUIRE("no such region", name.c_str());
}

SiteMachine& Fleet::site(const std::string& name) {
  for (auto& site : sites) {
    if (site->name() == name) return *site;
  }
  KJ_FAIL_REQUIRE("no such site", name.c_str());
}

std::vector<Machine*> Fleet::machines() {
  std::vector<Machine*> all{&central};
  for (auto& region : regions) all.push_back(region.get());
  for (auto& site : sites) all.push_back(site.get());
  return all;
}

std::string Fleet::siteYaml(const SiteMachine& site, const Labels& labels) const {
  auto yaml = "---\nkind: Site\nname: " + site.name() + "\nregion: " + site.region + "\nlabels:\n";
  for (auto& [name, value] : labels) yaml += "  " + name + ": \"" + value + "\"\n";
  return yaml;
}

void Fleet::must(kj::Promise<Said> asked) {
  auto said = world.run(kj::mv(asked), 60'000);
  KJ_REQUIRE(said.accepted(), said.problem.c_str());
}

void Fleet::until(kj::StringPtr what, std::function<bool()> isSo, uint64_t limitMs) {
  untilEmpty(what, [&]() { return isSo() ? "" : "not so"; }, limitMs);
}

void Fleet::untilEmpty(kj::StringPtr what, std::function<std::string()> why, uint64_t limitMs) {
  auto deadlineMs = world.nowMs() + limitMs;
  for (;;) {
    auto reason = why();
    if (reason.empty()) return;
    KJ_REQUIRE(world.nowMs() < deadlineMs, "not in the virtual time allowed", what, reason.c_str(),
               limitMs, report().c_str());
    world.runFor(FLEET_STEP_MS);
  }
}

namespace {

std::string reportOf(SiteService& service) {
  std::string text;
  KJ_IF_MAYBE(core, service.current()) {
    for (auto& [name, app] : core->assignments->apps()) {
      text += "    " + name.first + "/" + name.second + ": ";
      if (app.acted) text += "acts on " + std::to_string(app.acted->seq.n) + " ";
      text += app.judgement.reason + "\n";
    }
    KJ_IF_MAYBE(parent, core->parent) {
      text += std::string("    link ") + ((*parent)->online() ? "up " : "down ") +
              (*parent)->dialling().lastError + "\n";
    }
  } else {
    text += "    its store is being reopened\n";
  }
  for (auto& id : service.running().all()) {
    KJ_IF_MAYBE(view, service.running().find(id)) {
      text += "    " + id.str() + " state " + std::to_string(int(view->state)) + " " +
              view->reason + "\n";
    }
  }
  return text;
}

}  // namespace

std::string Fleet::report() {
  std::string text;
  for (auto machine : machines()) {
    text += "\n  " + machine->name() + (machine->host.isOn() ? "" : " off") +
            (machine->isStarted() ? "" : " no daemon");
    KJ_IF_MAYBE(reason, machine->failure()) text += " " + std::string(reason->getDescription());
  }
  for (auto& region : regions) {
    auto service = region->tier();
    if (service == nullptr) continue;
    KJ_IF_MAYBE(core, service->current()) {
      text += "\n  " + region->name() + " link " + (core->parent->online() ? "up " : "down ") +
              core->parent->dialling().lastError;
    } else {
      text += "\n  " + region->name() + ": its store is being reopened";
    }
  }
  for (auto& site : sites) {
    text += "\n  " + site->name() + " runs";
    for (auto& [instance, version] : running(*site)) text += " " + instance + ":" + version;
    text += "\n";
    if (site->tier() != nullptr) text += reportOf(*site->tier());
  }
  return text;
}

std::string Fleet::fingerprint() {
  auto text = world.trace().text() + "network " + std::to_string(world.network().carried()) + "\n";
  for (auto machine : machines()) {
    text += machine->name() + " disk " + std::to_string(machine->host.disk().digest()) + "\n";
  }
  return text;
}

std::map<std::string, std::string> running(const SiteMachine& site) {
  std::map<std::string, std::string> found;
  for (auto& life : site.services.living()) {
    auto version = life.environment.find("VERSION");
    found[life.instance] = version == life.environment.end() ? "" : version->second;
  }
  return found;
}

std::map<std::string, int> pids(const SiteMachine& site) {
  std::map<std::string, int> found;
  for (auto& life : site.services.living()) found[life.instance] = life.pid;
  return found;
}

}  // namespace skerry
