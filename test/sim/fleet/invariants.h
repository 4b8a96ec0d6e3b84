// What has to hold at every moment of a fleet's life, whatever breaks:
// - nothing starts at a site that central did not want there, and nothing older than what the site
//   was seen to be in step with (but for a start that was under way just then);
// - two lives of one instance never overlap, whatever runtime they are in;
// - a service is asked to end only if central, since it wanted this version, wanted something else;
// - the orders that a replica has on disk never go back to an older version;
// - nobody logs an error that is our own fault.
#pragma once
#include "test/sim/fleet/fleet.h"
#include "test/sim/fleet/probes.h"
#include "test/sim/fleet/wishes.h"
#include <kj/exception.h>

namespace skerry {

class Invariants final : private SimServices::Watcher, private kj::ExceptionCallback {
public:
  // All outlive it. Lives on the stack, since it listens to the log: what daemons tell their
  // operator goes to the trace and to the probes.
  Invariants(Fleet& fleet, const Wishes& wishes, Probes& probes);
  ~Invariants() noexcept(false);

  // Between two steps of the world. `certain`: what central was asked for has happened.
  void look(bool certain);
  // A site's disk lost what it had stored, or was changed: nothing is expected of its past.
  void forgot(const std::string& site);
  // What was broken, in words. Empty: nothing.
  const std::vector<std::string>& broken() const { return findings; }
  void broke(const std::string& what);

private:
  // The oldest point of a site's history that may still show: `next` once starts that were under
  // way when it was seen are over.
  struct Floor {
    size_t now = 0, next = 0;
    uint64_t nextFromMs = 0;
  };
  using LifeName = std::pair<std::string, uint64_t>;  // site, number of the life

  void began(SimHost& host, const SimLife& life) override;
  void stopping(SimHost& host, const SimLife& life) override;
  void logMessage(kj::LogSeverity severity, const char* file, int line, int contextDepth,
                  kj::String&& text) override;
  void noteVersion(const std::string& replica, Writer& writer, const Orders& orders);
  void raise(Floor& floor, size_t to);
  bool isInStep(SiteMachine& site);
  bool isDurable(Writer& writer);

  Fleet& fleet;
  const Wishes& wishes;
  Probes& probes;
  std::vector<std::string> findings;
  std::map<std::string, Floor> floors;    // by site
  std::map<LifeName, size_t> lifeFloors;  // the oldest point that a life may be of
  std::map<std::string, VersionId> newest;  // by replica
};

}  // namespace skerry
