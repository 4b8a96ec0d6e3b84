// The processes of a simulated machine beside its daemon. They live on when the daemon crashes and
// die with the power, as real ones do.
#pragma once
#include "shared/host/host.h"
#include "test/sim/sim_trace.h"
#include <kj/function.h>
#include <map>
#include <string>
#include <vector>

namespace skerry {

class SimHost;

class SimProcesses final : public Processes {
public:
  // Plays a program: called once for each run() of it, on its behalf; the promise is the process.
  // Dropping the promise is the process's violent end.
  using Play = kj::Function<kj::Promise<Ended>(Command command, SimHost& host)>;

  explicit SimProcesses(SimHost& host);
  ~SimProcesses() noexcept(false);
  KJ_DISALLOW_COPY(SimProcesses);

  // From now on run() finds `program`, by its full path or by its last component. Survives boots.
  void install(kj::StringPtr program, Play play);
  void uninstall(kj::StringPtr program);

  // A process that nobody waits for (a service): lives until `body` resolves or fails, until kill()
  // or until the power goes. Numbers begin again at each boot, so they do repeat.
  int start(kj::StringPtr name, kj::Promise<void> body = kj::NEVER_DONE);
  // Ends it as a signal would; no such process is no error. A process may kill itself: what it
  // still does in this turn of the loop happens.
  void kill(int pid, int signal = 9);
  // The next process gets this number, or the first free one after it: numbers are used again.
  void setNextPid(int pid) { nextPid = pid; }
  bool isAlive(int pid) const { return table.count(pid) != 0; }
  // Numbers of the living processes of this name, smallest first.
  std::vector<int> named(kj::StringPtr name) const;

  kj::Promise<Ended> run(Command command) override;
  kj::Promise<void> onExit(int pid) override;
  uint64_t startTime(int pid) override;

private:
  friend class SimHost;
  struct Process;

  int enter(kj::StringPtr name, kj::Promise<Ended> body,
            kj::Own<kj::PromiseFulfiller<Ended>> ended);
  void end(int pid, Ended how);
  void fail(int pid, kj::Exception reason);
  void bury(int pid);
  void powerGoes();

  SimHost& host;
  std::map<std::string, kj::Own<Play>> programs;
  std::map<int, kj::Own<Process>> table;
  int nextPid;
  class FailureIgnored;
  kj::Own<FailureIgnored> failureIgnored;
  kj::Own<kj::TaskSet> graveyard;  // bodies of the killed, until the loop's next turn
};

}  // namespace skerry
