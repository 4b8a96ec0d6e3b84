#include "test/sim/sim_services.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr int SIGNAL_KILL = 9, SIGNAL_TERM = 15;

std::string programOf(const SimLife& life) { return life.command.empty() ? "" : life.command[0]; }

}  // namespace

kj::Promise<void> SimServices::play(const SimLife& life, Body how) {
  if (programOf(life) != "/bin/mortal") return kj::NEVER_DONE;
  KJ_REQUIRE(life.command.size() == 3, "/bin/mortal MS CODE");
  int code = std::stoi(life.command[2]);
  return host.world().sleep(std::stoull(life.command[1])).then([how, code]() {
    *how = {code, 0};
  });
}

int SimServices::start(SimLife life) {
  if (programOf(life) == "/bin/missing") return 0;
  auto how = std::make_shared<SimExit>();
  auto name = life.runtime + " " + life.instance;
  life.pid = host.processes().start(kj::StringPtr(name.c_str(), name.size()), play(life, how));
  life.boot = host.boots();
  life.number = ++lives_;
  ends[life.pid] = how;
  auto& kept = lived[life.pid] = kj::mv(life);
  auto version = kept.environment.count("VERSION") ? kept.environment.at("VERSION") : "";
  host.world().trace().note(host.name(), kj::str("began ", name, " version ", version, " pid ",
                                                 kept.pid));
  KJ_IF_MAYBE(w, watcher) w->began(host, kept);
  return kept.pid;
}

kj::Promise<SimExit> SimServices::onEnd(int pid) {
  auto how = ends.count(pid) ? ends.at(pid) : std::make_shared<SimExit>();
  return host.processes().onExit(pid).then([how]() { return *how; });
}

SimLife* SimServices::find(int pid) {
  auto found = lived.find(pid);
  return found != lived.end() && lives(found->second) ? &found->second : nullptr;
}

void SimServices::tell(const SimLife& life) {
  host.world().trace().note(host.name(), kj::str("stopping ", life.instance, " pid ", life.pid));
  KJ_IF_MAYBE(w, watcher) w->stopping(host, life);
}

void SimServices::stop(int pid) {
  auto life = find(pid);
  if (life == nullptr) return;
  tell(*life);
  auto number = life->number;
  tasks.add(host.world().sleep(chance.between(0, SERVICE_STOP_MS_MAX)).then([this, pid, number]() {
    auto life = find(pid);
    if (life != nullptr && life->number == number) crash(pid, {-1, SIGNAL_TERM});
  }));
}

void SimServices::kill(int pid) {
  auto life = find(pid);
  if (life == nullptr) return;
  tell(*life);
  crash(pid, {-1, SIGNAL_KILL});
}

void SimServices::crash(int pid, SimExit how) {
  if (find(pid) == nullptr) return;
  *ends.at(pid) = how;
  host.processes().kill(pid, how.signal);
}

std::vector<SimLife> SimServices::living() const {
  std::vector<SimLife> found;
  for (auto& [pid, life] : lived) {
    if (lives(life)) found.push_back(life);
  }
  return found;
}

}  // namespace skerry
