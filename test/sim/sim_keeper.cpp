#include "test/sim/sim_keeper.h"
#include "shared/host/files.h"
#include <kj/debug.h>
#include <list>

namespace skerry {

namespace {

constexpr size_t FILE_BYTES_MAX = 256 << 10;
constexpr size_t REQUEST_BYTES = 512;

std::string valueOf(const std::string& line, const std::string& key) {
  auto at = (" " + line).find(" " + key + "=");
  if (at == line.npos) return "";
  at += key.size() + 1;
  return line.substr(at, line.find_first_of(" \n", at) - at);
}

uint64_t numberOf(const std::string& line, const std::string& key) {
  auto value = valueOf(line, key);
  return value.empty() ? 0 : std::stoull(value);
}

Ended say(int code, const std::string& line) {
  Ended ended;
  ended.code = code;
  ended.output = kj::str(line, "\n");
  return ended;
}

// Of the data folder, from the absolute path that a keeper is given.
kj::Path relative(SimHost& host, const std::string& folder) {
  auto prefix = kj::str(host.host().path, "/");
  KJ_REQUIRE(folder.rfind(prefix.cStr(), 0) == 0, "not in the data folder", folder.c_str());
  return kj::Path::parse(folder.c_str() + prefix.size());
}

std::string readText(SimHost& host, const kj::Path& file) {
  KJ_IF_MAYBE(bytes, readFile(host.host().files, file, FILE_BYTES_MAX)) return text(view(*bytes));
  return "";
}

struct Spec {
  std::string nonce;
  uint64_t incarnation = 0;
  SimLife life;
};

// KEY=VALUE, each with a zero byte after it.
Spec parseSpec(const std::string& text, const std::string& instance) {
  Spec spec;
  spec.life.instance = instance;
  spec.life.runtime = "process";
  for (size_t at = 0; at < text.size();) {
    auto end = text.find('\0', at);
    auto field = text.substr(at, end - at);
    at = end + 1;
    auto equals = field.find('=');
    auto key = field.substr(0, equals), value = field.substr(equals + 1);
    if (key == "nonce") spec.nonce = value;
    if (key == "incarnation") spec.incarnation = std::stoull(value);
    if (key == "arg") spec.life.command.push_back(value);
    if (key == "env") spec.life.environment[value.substr(0, value.find('='))] =
        value.substr(value.find('=') + 1);
  }
  return spec;
}

}  // namespace

// One keeper with its service. Destroying it hangs up on everybody and leaves the service.
class SimKeepers::Keeper final : private kj::TaskSet::ErrorHandler {
public:
  Keeper(SimHost& host, SimServices& services, std::string folderParam)
      : host(host), services(services), folder(kj::mv(folderParam)), tasks(*this) {
    auto instance = folder.substr(folder.rfind('/') + 1);
    spec = parseSpec(readText(host, relative(host, folder).append("spec")), instance);
    incarnation = spec.incarnation;
    auto quit = kj::newPromiseAndFulfiller<void>();
    quitting = kj::mv(quit.fulfiller);
    quitted = kj::mv(quit.promise);
  }

  // Empty, or why not.
  std::string launch() {
    pid = services.start(spec.life);
    if (pid == 0) return "exec: No such file or directory";
    begin();
    return "";
  }
  bool takeOver() {
    auto state = readText(host, relative(host, folder).append("state"));
    pid = int(numberOf(state, "pid"));
    bool sameBoot = valueOf(state, "boot") == host.host().clock.bootId().cStr();
    if (!sameBoot || pid <= 0 || startTicks() != numberOf(state, "start")) return false;
    incarnation = numberOf(state, "incarnation");
    adopted = true;
    begin();
    return true;
  }
  kj::Promise<void> run() {
    tasks.add(host.host().network.parseAddress(kj::str("unix:", folder, "/sock"))
                  .then([this](kj::Own<kj::NetworkAddress> address) {
      receiver = address->listen();
      return acceptForEver();
    }));
    return kj::mv(quitted);
  }
  std::string status(const std::string& head) {
    return kj::str(head, " boot=", host.host().clock.bootId(), " pid=", pid, " start=", ticks,
                   " nonce=", spec.nonce, " state=", state, " incarnation=", incarnation,
                   " reason=", reason, " code=", exit.code, " signal=", exit.signal,
                   " limits=all").cStr();
  }

private:
  struct Peer {
    kj::Own<kj::AsyncIoStream> stream;
    std::string buffered;
    char chunk[REQUEST_BYTES];
    bool watching = false;
    kj::Promise<void> saying = kj::READY_NOW;
  };

  uint64_t startTicks() { return pid > 0 ? host.processes().startTime(pid) : 0; }
  void begin() {
    ticks = startTicks();
    state = "running";
    reason = "none";
    exit = {0, 0};
    save("state");
    auto number = ++lives;
    tasks.add(services.onEnd(pid).then([this, number](SimExit how) {
      if (number == lives) onExit(how);
    }));
  }
  void onExit(SimExit how) {
    reason = state == "stopping" ? "stopped" : "exited";
    state = "idle";
    if (!adopted) exit = how;
    else exit = {-1, 0};
    adopted = false;
    save("exit");
    for (auto& peer : peers) {
      if (peer.watching) say(peer, status("event"));
    }
  }
  void save(kj::StringPtr head) {
    auto mode = kj::WriteMode::CREATE | kj::WriteMode::MODIFY;
    auto file = host.host().files.openFile(relative(host, folder).append(head), mode);
    file->writeAll(status(head.cStr()) + "\n");
  }

  kj::Promise<void> acceptForEver() {
    return receiver->accept().then([this](kj::Own<kj::AsyncIoStream> stream) {
      auto& peer = peers.emplace_back();
      peer.stream = kj::mv(stream);
      say(peer, status("skerry-keeper 1.0"));
      tasks.add(read(peer).catch_([](kj::Exception&&) {}).then([this, &peer]() {
        peers.remove_if([&](Peer& one) { return &one == &peer; });
      }));
      return acceptForEver();
    });
  }
  void say(Peer& peer, const std::string& line) {
    auto text = kj::str(line, "\n");
    auto bytes = text.asBytes();
    peer.saying = peer.saying.then([&peer, bytes]() {
      return peer.stream->write(bytes.begin(), bytes.size());
    }).attach(kj::mv(text)).eagerlyEvaluate([](kj::Exception&&) {});
  }
  kj::Promise<void> read(Peer& peer) {
    return peer.stream->tryRead(peer.chunk, 1, sizeof(peer.chunk))
        .then([this, &peer](size_t n) -> kj::Promise<void> {
      if (n == 0) return kj::READY_NOW;
      peer.buffered.append(peer.chunk, n);
      for (size_t end; (end = peer.buffered.find('\n')) != peer.buffered.npos;) {
        auto line = peer.buffered.substr(0, end);
        peer.buffered.erase(0, end + 1);
        auto error = serve(peer, line);
        say(peer, status(error.empty() ? "ok" : "err " + error));
        if (line == "quit" && error.empty()) {
          tasks.add(kj::mv(peer.saying).then([this]() { quitting->fulfill(); }));
          peer.saying = kj::NEVER_DONE;
        }
      }
      return read(peer);
    });
  }
  std::string serve(Peer& peer, const std::string& line) {
    auto verb = line.substr(0, line.find(' '));
    if (verb == "status") return "";
    if (verb == "watch") {
      peer.watching = true;
      return "";
    }
    if (verb == "stop") return stop(numberOf(line, "graceMs"));
    if (verb == "start") return startAgain(numberOf(line, "incarnation"));
    if (verb != "quit") return "unknown-verb";
    return state == "idle" ? "" : "running";
  }
  std::string stop(uint64_t graceMs) {
    if (state == "idle") return "";
    if (state == "running") services.stop(pid);
    state = "stopping";
    auto number = lives;
    tasks.add(host.world().sleep(graceMs).then([this, number]() {
      if (number == lives && state != "idle") services.kill(pid);
    }));
    return "";
  }
  std::string startAgain(uint64_t wanted) {
    if (state == "running" && wanted == incarnation) return "";
    if (state != "idle") return "running";
    if (wanted <= incarnation) return "stale-incarnation";
    auto before = incarnation;
    incarnation = wanted;
    auto problem = launch();
    if (!problem.empty()) incarnation = before;
    return problem;
  }
  void taskFailed(kj::Exception&&) override {}

  SimHost& host;
  SimServices& services;
  const std::string folder;
  Spec spec;
  std::string state = "idle", reason = "none";
  uint64_t incarnation = 0, ticks = 0, lives = 0;
  int pid = 0;
  bool adopted = false;
  SimExit exit;
  kj::Own<kj::PromiseFulfiller<void>> quitting;
  kj::Promise<void> quitted = nullptr;
  kj::Own<kj::ConnectionReceiver> receiver;
  std::list<Peer> peers;
  kj::TaskSet tasks;
};

SimKeepers::SimKeepers(SimHost& host, SimServices& services)
    : host(host), services(services), chance(host.entropy().fork()) {
  host.processes().install("skerry-keeper",
                           [this](Command command, SimHost&) { return run(kj::mv(command)); });
}

SimKeepers::~SimKeepers() noexcept(false) { host.processes().uninstall("skerry-keeper"); }

bool SimKeepers::isHeld(const std::string& folder) const {
  auto found = locks.find(folder);
  return found != locks.end() && found->second.boot == host.boots() &&
         host.processes().isAlive(found->second.pid);
}

kj::Promise<Ended> SimKeepers::run(Command command) {
  auto delay = host.world().sleep(chance.between(1, KEEPER_LAUNCH_MS_MAX));
  std::string option = command.arguments.size() > 1 ? command.arguments[0].cStr() : "";
  std::string folder = command.arguments.back().cStr();
  return delay.then([this, option, folder]() {
    if (readText(host, relative(host, folder).append("spec")).empty())
      return say(1, "err spec: No such file or directory");
    if (isHeld(folder)) return say(1, "err another keeper: Resource temporarily unavailable");
    return option == "--remove" ? removeRest(folder) : launch(folder, option == "--takeover");
  });
}

Ended SimKeepers::launch(const std::string& folder, bool takeOver) {
  auto keeper = kj::heap<Keeper>(host, services, folder);
  if (takeOver) {
    if (!keeper->takeOver()) return say(1, "err takeover: No such process");
  } else {
    auto problem = keeper->launch();
    if (!problem.empty()) return say(1, "err " + problem);
  }
  auto line = keeper->status("ok");
  auto body = keeper->run();
  auto name = kj::str("skerry-keeper ", folder);
  locks[folder] = {host.processes().start(name, body.attach(kj::mv(keeper))), host.boots()};
  return say(0, line);
}

Ended SimKeepers::removeRest(const std::string& folder) {
  auto state = readText(host, relative(host, folder).append("state"));
  int pid = int(numberOf(state, "pid"));
  bool sameBoot = valueOf(state, "boot") == host.host().clock.bootId().cStr();
  if (sameBoot && pid > 0 && host.processes().startTime(pid) == numberOf(state, "start"))
    services.kill(pid);
  return say(0, "ok");
}

std::vector<int> SimKeepers::living() const {
  std::vector<int> pids;
  for (auto& [folder, held] : locks) {
    if (isHeld(folder)) pids.push_back(held.pid);
  }
  return pids;
}

}  // namespace skerry
