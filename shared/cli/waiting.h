// Waiting until the fleet has caught up. Heavy: include from .cpp files only.
#pragma once
#include "shared/cli/progress.h"
#include "shared/cli/query.h"
#include <functional>

namespace skerry {

// Looks again and again, whenever something changed.
class Watcher {
public:
  // Both outlive it. Waiting ends `patienceMs` after now.
  Watcher(Cli& cli, Connection& connection, int64_t patienceMs)
      : cli(cli), connection(connection),
        deadline(cli.machine.timer().now() + patienceMs * kj::MILLISECONDS) {}

  bool isLate() { return cli.machine.timer().now() >= deadline; }
  int64_t nowMs() {
    return (cli.machine.timer().now() - kj::origin<kj::TimePoint>()) / kj::MILLISECONDS;
  }

  // Like ask(), but gives up at the deadline, or LAST_LOOK_MS after it began: a failure with
  // TIMED_OUT. The watcher outlives it.
  Task<Asked> look(Named named, Narrowing narrowing, std::string tenant);
  // Until something may have changed, or the deadline.
  Task<void> pause();

private:
  Cli& cli;
  Connection& connection;
  kj::TimePoint deadline;
  uint64_t version = 0;
};

// What became of the applications that were waited for.
struct Waited {
  struct App {
    AwaitedApp awaited;
    Progress progress;
  };
  std::vector<App> apps;
  Failures failures;  // empty: done
};
// All of them outlive the promise.
Task<Waited> waitForApps(Cli& cli, Connection& connection, std::vector<AwaitedApp> awaited,
                         WaitFor what);

// Until nothing of that name is there any more, and nothing of an application runs.
Task<Failures> waitUntilGone(Cli& cli, Connection& connection, Named named,
                             std::string tenant);

// `{"healthy": [...], "pending": [...], "behind": [...], "refused": {...}}` and sentences.
PlainValue valueOf(const Waited& waited);
std::string printWaited(const Waited& waited);

}  // namespace skerry
