// Answers to `get` from status registers: the same at every tier, each over its own subtree.
#pragma once
#include "capnp/admin.capnp.h"
#include "capnp/status.capnp.h"
#include "shared/crypto/hash.h"
#include "shared/model/selector.h"
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace skerry {

// Every register of a subtree: the site it belongs to, its key there, its value.
using RegisterVisitor =
    std::function<void(const std::string& site, const std::string& key, const Bytes& value)>;
using Registers = std::function<void(const RegisterVisitor&)>;

// Items of an answer, sorted by tenant and name when written.
class ItemList {
public:
  using Fill = std::function<void(schema::Item::Builder)>;
  void add(std::string kind, std::string tenant, std::string name, Fill fill);
  // What else the tier knows of every one of these.
  void also(const Fill& fill);
  // Leaves those that a label expression matches (item_labels.h). `labelsOfSite` knows every site.
  using SiteLabels = std::function<Labels(const std::string& site)>;
  void keep(const Selector& selector, const SiteLabels& labelsOfSite, int64_t nowMs);
  size_t size() const { return items.size(); }
  void write(capnp::List<schema::Item>::Builder to);

private:
  struct Entry {
    std::string kind, tenant, name;
    Fill fill;
  };
  static void fill(const Entry& entry, schema::Item::Builder item);
  std::vector<Entry> items;
};

// The bounds of a query that the tier has not dealt with otherwise.
struct Bounds {
  std::string name, tenant, site, host, app;
  Bounds() = default;
  explicit Bounds(schema::Query::Reader query);
  static bool admits(const std::string& bound, const std::string& value) {
    return bound.empty() || bound == value;
  }
};

void addInstances(ItemList& list, const Bounds& bounds, const Registers& registers);
// If the register is of a host that waits to be let in at `region`, that host.
void addWaiting(ItemList& list, const Bounds& bounds, const std::string& region,
                const std::string& site, const std::string& key, const Bytes& value,
                bool isApproved = false);
// That some do, as a sentence; empty: nobody does.
std::string waitingHosts(const Registers& registers);
void addHosts(ItemList& list, const Bounds& bounds, const Registers& registers);

// A sentence for each instance that does not run, or not as it should: its state, and why.
std::vector<std::string> whatIsAmiss(const Bounds& bounds, const Registers& registers);

using StateCounts = std::map<std::string, uint32_t>;
StateCounts countStates(const Bounds& bounds, const Registers& registers);
void writeCounts(const StateCounts& counts,
                 capnp::List<schema::TierStatus::StateCount>::Builder to);

// What one site says of one application.
struct AppAtSite {
  bool spoke = false;
  uint64_t era = 0, seq = 0;
  std::string verdict, reason;  // accepted, waiting, refused, blocked
  uint32_t instances = 0, running = 0;
  bool healthy() const { return verdict == "accepted" && instances > 0 && running == instances; }
};
// By site, then `TENANT/APP`.
std::map<std::string, std::map<std::string, AppAtSite>> appsAtSites(const Registers& registers);

struct SiteSummary {
  bool linked = false;  // its parent says whether it is there
  bool heard = false, online = false;
  int64_t sinceMs = 0;
  int64_t headTimeMs = 0;  // of the newest word of central that it has; 0: none
  uint32_t hosts = 0, instances = 0, running = 0;
  std::string version;
};
std::map<std::string, SiteSummary> summarise(const Registers& registers);

const char* word(schema::InstanceStatus::State state);
// Of an instance's register.
std::string stateOf(const Bytes& instance);
// The first 12 digits.
std::string shortHash(capnp::Data::Reader hash);
std::string timeOrEmpty(int64_t unixMs);

}  // namespace skerry
