#include "test/sim/fleet/probes.h"
#include <kj/debug.h>

namespace skerry {

namespace {

struct Probe {
  const char* name;
  const char* event = nullptr;  // what a daemon says there; null: whoever sees it says so
};

constexpr Probe PROBES[] = {
    {"a write was torn by a power cut"},
    {"power went inside a disk call"},
    {"a full disk refused a write"},
    {"a disk failed in the middle of a transaction", "store.failed"},
    {"a store was opened again and its disk still failed", "store.unavailable"},
    {"a disk forgot what it said it had stored"},
    {"a store that its disk ruined said so"},
    {"a site joined again with a new disk"},
    {"an edit that was not answered had happened"},
    {"an edit that was not answered had not happened"},
    {"a silent peer was given up", "did not answer a ping in time"},
    {"a clock was not believed", "clock.suspect"},
};

}  // namespace

Probes::Probes() {
  for (auto& probe : PROBES) hits[probe.name] = 0;
}

void Probes::hit(std::string_view name) {
  auto found = hits.find(name);
  KJ_REQUIRE(found != hits.end(), "no such probe", std::string(name).c_str());
  ++found->second;
}

void Probes::heard(std::string_view event) {
  for (auto& probe : PROBES) {
    if (probe.event != nullptr && event.find(probe.event) != event.npos) ++hits[probe.name];
  }
}

void Probes::count(const MemoryDisk& disk) {
  auto& counts = disk.counts();
  hits["a write was torn by a power cut"] += counts.tornWrites;
  hits["power went inside a disk call"] += counts.cutInCall;
  hits["a full disk refused a write"] += counts.fullWrites;
}

std::vector<std::string> Probes::neverReached() const {
  std::vector<std::string> never;
  for (auto& [name, count] : hits) {
    if (count == 0) never.push_back(name);
  }
  return never;
}

}  // namespace skerry
