#include "test/sim/fleet/invariants.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr uint64_t START_MS_MAX = 5'000;

std::string versionOf(const SimLife& life) {
  auto found = life.environment.find("VERSION");
  return found == life.environment.end() ? "" : found->second;
}

std::string wanted(const Wishes::Instances& instances, const std::string& instance) {
  auto found = instances.find(instance);
  return found == instances.end() ? "" : found->second;
}

// Of equal contents too the newer version counts: what was between them may be on its way.
bool isSame(const Orders& one, const Orders& other) {
  return one.version() == other.version() && one.root() == other.root();
}

}  // namespace

Invariants::Invariants(Fleet& fleet, const Wishes& wishes, Probes& probes)
    : fleet(fleet), wishes(wishes), probes(probes) {
  kj::_::Debug::setLogLevel(kj::LogSeverity::INFO);
  for (auto& site : fleet.sites) site->services.watch(*this);
}

Invariants::~Invariants() noexcept(false) {
  kj::_::Debug::setLogLevel(kj::LogSeverity::WARNING);
  for (auto& site : fleet.sites) site->services.watch(nullptr);
}

void Invariants::broke(const std::string& what) {
  fleet.world.trace().note("BROKEN", kj::StringPtr(what.c_str(), what.size()));
  findings.push_back(std::to_string(fleet.world.nowMs()) + " " + what);
}

void Invariants::forgot(const std::string& site) {
  newest.erase(site + " of its region");
  floors.erase(site);
}

void Invariants::raise(Floor& floor, size_t to) {
  if (fleet.world.nowMs() >= floor.nextFromMs) floor.now = floor.next;
  if (to == floor.next) return;
  floor.next = to;
  floor.nextFromMs = fleet.world.nowMs() + START_MS_MAX;
}

void Invariants::began(SimHost& host, const SimLife& life) {
  std::string site = host.name().cStr();
  for (auto& other : fleet.site(site).services.living()) {
    if (other.instance == life.instance && other.number != life.number)
      broke(site + ": two lives of " + life.instance + " run at once");
  }
  auto& history = wishes.history(site);
  raise(floors[site], floors[site].next);
  for (size_t i = floors[site].now; i < history.size(); ++i) {
    if (wanted(history[i], life.instance) != versionOf(life)) continue;
    lifeFloors[{site, life.number}] = i;
    return;
  }
  broke(site + ": " + life.instance + " starts as version " + versionOf(life) +
        ", which is not wanted there (any more)");
}

void Invariants::stopping(SimHost& host, const SimLife& life) {
  std::string site = host.name().cStr();
  auto& history = wishes.history(site);
  for (size_t i = lifeFloors[{site, life.number}]; i < history.size(); ++i) {
    if (wanted(history[i], life.instance) != versionOf(life)) return;
  }
  broke(site + ": " + life.instance + " is stopped, and nobody wanted anything else than version " +
        versionOf(life));
}

void Invariants::logMessage(kj::LogSeverity severity, const char* file, int line, int contextDepth,
                            kj::String&& text) {
  if (severity == kj::LogSeverity::INFO) {
    constexpr std::string_view EVENT = "event; line.c_str() = ";
    std::string_view said(text.begin(), text.size());
    if (!said.starts_with(EVENT)) return;  // the RPC system's own
    said.remove_prefix(EVENT.size());
    probes.heard(said);
    fleet.world.trace().note("log", kj::StringPtr(said.data(), said.size()));
    return;
  }
  if (severity >= kj::LogSeverity::ERROR) broke("logged: " + std::string(text.cStr()));
  kj::ExceptionCallback::logMessage(severity, file, line, contextDepth, kj::mv(text));
}

bool Invariants::isDurable(Writer& writer) {
  auto durable = writer.durable();
  return durable.poll(fleet.world.scope());
}

void Invariants::noteVersion(const std::string& replica, Writer& writer, const Orders& orders) {
  auto version = orders.version();
  if (version < newest[replica]) {
    broke(replica + ": orders went back from " + newest[replica].text() + " to " + version.text());
  }
  if (isDurable(writer)) newest[replica] = std::max(newest[replica], version);
}

// The site holds what central holds, on disk, and accepted all of it.
bool Invariants::isInStep(SiteMachine& machine) {
  auto& region = fleet.region(machine.region);
  if (machine.tier() == nullptr || region.tier() == nullptr) return false;
  if (fleet.central.tier() == nullptr) return false;
  auto site = machine.tier()->current();
  auto above = region.tier()->current();
  auto top = fleet.central.tier()->current();
  KJ_IF_MAYBE(s, site) {
    KJ_IF_MAYBE(r, above) {
      KJ_IF_MAYBE(c, top) {
        auto child = r->children.find(machine.name());
        auto regional = c->children.find(region.name());
        if (child == r->children.end() || regional == c->children.end()) return false;
        for (auto& [name, app] : s->assignments->apps()) {
          if (app.judgement.verdict != Judgement::Verdict::ACCEPTED) return false;
        }
        return isSame(child->second->document().orders(), s->document->orders()) &&
               isSame(regional->second->document().orders(), r->upward->orders()) &&
               isDurable(*s->writer);
      }
    }
  }
  return false;
}

void Invariants::look(bool certain) {
  for (auto& region : fleet.regions) {
    if (region->tier() == nullptr) continue;
    KJ_IF_MAYBE(core, region->tier()->current()) {
      noteVersion(region->name() + " of central", *core->writer, core->upward->orders());
    }
  }
  for (auto& site : fleet.sites) {
    if (site->tier() == nullptr) continue;
    KJ_IF_MAYBE(core, site->tier()->current()) {
      noteVersion(site->name() + " of its region", *core->writer, core->document->orders());
    }
    if (!certain || !isInStep(*site)) continue;
    auto& history = wishes.history(site->name());
    raise(floors[site->name()], history.size() - 1);
    for (auto& life : site->services.living()) {
      if (wanted(history.back(), life.instance) == versionOf(life))
        lifeFloors[{site->name(), life.number}] = history.size() - 1;
    }
  }
}

}  // namespace skerry
