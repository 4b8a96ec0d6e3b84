// What has to hold at every moment of a fleet's life, whatever breaks:
// - nothing starts at a site that central did not want there, and nothing older than what the site
//   was seen to be in step with;
// - two lives of one instance never overlap, except that a service moved to the other runtime while
//   the engine was away may leave its container behind until the engine is back;
// - a service is asked to end only if central, since it wanted this version, wanted something else;
// - the orders that a replica has on disk never go back to an older version;
// - nobody logs an error that is our own fault.
#pragma once
#include "test/sim/fleet/fleet.h"
#include "test/sim/fleet/wishes.h"
#include <kj/exception.h>

namespace skerry {

class Invariants final : private SimServices::Watcher, private kj::ExceptionCallback {
public:
  // Both outlive it. Lives on the stack, since it listens to the log.
  Invariants(Fleet& fleet, const Wishes& wishes);
  ~Invariants() noexcept(false);

  // Between two steps of the world. `certain`: what central was asked for has happened.
  void look(bool certain);
  // What was broken, in words. Empty: nothing.
  const std::vector<std::string>& broken() const { return findings; }
  void broke(const std::string& what);

private:
  using LifeName = std::pair<std::string, uint64_t>;  // site, number of the life

  void began(SimHost& host, const SimLife& life) override;
  void stopping(SimHost& host, const SimLife& life) override;
  void logMessage(kj::LogSeverity severity, const char* file, int line, int contextDepth,
                  kj::String&& text) override;
  void noteVersion(const std::string& replica, Writer& writer, const Orders& orders);
  bool isInStep(SiteMachine& site);
  bool isExcused(SiteMachine& site, const SimLife& life, const SimLife& other);
  bool isDurable(Writer& writer);

  Fleet& fleet;
  const Wishes& wishes;
  std::vector<std::string> findings;
  std::map<std::string, size_t> floors;    // site -> oldest point of its history that may show
  std::map<LifeName, size_t> lifeFloors;   // the same, of one life
  std::map<std::string, VersionId> newest;  // by replica
  std::map<std::string, uint64_t> engineAwayMs;  // site -> when its engine was last seen away
};

}  // namespace skerry
