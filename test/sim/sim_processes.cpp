#include "test/sim/sim_processes.h"
#include "test/sim/sim_host.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr int FIRST_PID = 300;
constexpr uint64_t MS_PER_TICK = 10;

std::string lastComponent(kj::StringPtr path) {
  KJ_IF_MAYBE(slash, path.findLast('/')) return path.slice(*slash + 1).cStr();
  return path.cStr();
}

}  // namespace

struct SimProcesses::Process {
  std::string name;
  uint64_t startTicks = 0;
  kj::Own<kj::PromiseFulfiller<Ended>> ended;
  std::vector<kj::Own<kj::PromiseFulfiller<void>>> watchers;
  kj::Promise<void> body = nullptr;
};

class SimProcesses::FailureIgnored final : public kj::TaskSet::ErrorHandler {
  void taskFailed(kj::Exception&&) override {}
};

SimProcesses::SimProcesses(SimHost& host)
    : host(host), nextPid(FIRST_PID), failureIgnored(kj::heap<FailureIgnored>()),
      graveyard(kj::heap<kj::TaskSet>(*failureIgnored)) {}

SimProcesses::~SimProcesses() noexcept(false) { powerGoes(); }

void SimProcesses::install(kj::StringPtr program, Play play) {
  programs[program.cStr()] = kj::heap<Play>(kj::mv(play));
}

void SimProcesses::uninstall(kj::StringPtr program) { programs.erase(program.cStr()); }

kj::Promise<Ended> SimProcesses::run(Command command) {
  auto found = programs.find(command.program.cStr());
  if (found == programs.end()) found = programs.find(lastComponent(command.program));
  if (found == programs.end()) {
    return KJ_EXCEPTION(FAILED, "cannot run a program; is it installed, and executable?",
                        command.program, "no such file or directory");
  }
  auto name = kj::str(command.program);
  auto paf = kj::newPromiseAndFulfiller<Ended>();
  enter(name, (*found->second)(kj::mv(command), host), kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

int SimProcesses::start(kj::StringPtr name, kj::Promise<void> body) {
  auto paf = kj::newPromiseAndFulfiller<Ended>();
  return enter(name, body.then([]() { return Ended(); }), kj::mv(paf.fulfiller));
}

int SimProcesses::enter(kj::StringPtr name, kj::Promise<Ended> body,
                        kj::Own<kj::PromiseFulfiller<Ended>> ended) {
  KJ_REQUIRE(host.isOn(), "a process needs a machine that is on", host.name(), name);
  while (isAlive(nextPid)) ++nextPid;
  int pid = nextPid++;
  auto process = kj::heap<Process>();
  process->name = name.cStr();
  process->startTicks = 1 + host.host().clock.bootMs() / MS_PER_TICK;
  process->ended = kj::mv(ended);
  process->body = body.then([this, pid](Ended how) { end(pid, kj::mv(how)); },
                            [this, pid](kj::Exception&& reason) { fail(pid, kj::mv(reason)); })
                      .eagerlyEvaluate(nullptr);
  table.emplace(pid, kj::mv(process));
  return pid;
}

void SimProcesses::kill(int pid, int signal) {
  if (!isAlive(pid)) return;
  Ended how;
  how.code = -1;
  how.signal = signal;
  end(pid, kj::mv(how));
}

void SimProcesses::end(int pid, Ended how) {
  if (how.output.size() > Ended::OUTPUT_BYTES_MAX) {
    how.output = kj::heapString(how.output.slice(0, Ended::OUTPUT_BYTES_MAX));
  }
  table.at(pid)->ended->fulfill(kj::mv(how));
  bury(pid);
}

// A program that could not be played. Nobody may be waiting for it, so the trace says it, too.
void SimProcesses::fail(int pid, kj::Exception reason) {
  auto& process = *table.at(pid);
  host.world().trace().note(
      host.name(), kj::str("process ", process.name.c_str(), " failed: ", reason.getDescription()));
  process.ended->reject(kj::mv(reason));
  bury(pid);
}

// The body may be what calls: it is destroyed when it has returned.
void SimProcesses::bury(int pid) {
  auto process = kj::mv(table.at(pid));
  table.erase(pid);
  for (auto& watcher : process->watchers) watcher->fulfill();
  graveyard->add(kj::evalLater([]() {}).attach(kj::mv(process)));
}

std::vector<int> SimProcesses::named(kj::StringPtr name) const {
  std::vector<int> found;
  for (auto& [pid, process] : table) {
    if (name == process->name.c_str()) found.push_back(pid);
  }
  return found;
}

kj::Promise<void> SimProcesses::onExit(int pid) {
  KJ_REQUIRE(pid > 0, "not the number of a process", pid);
  if (!isAlive(pid)) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  table.at(pid)->watchers.push_back(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

uint64_t SimProcesses::startTime(int pid) {
  KJ_REQUIRE(pid > 0, "not the number of a process", pid);
  return isAlive(pid) ? table.at(pid)->startTicks : 0;
}

void SimProcesses::powerGoes() {
  table.clear();
  graveyard = kj::heap<kj::TaskSet>(*failureIgnored);
  nextPid = FIRST_PID;
}

}  // namespace skerry
