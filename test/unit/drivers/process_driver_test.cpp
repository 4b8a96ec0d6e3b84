// The process driver on a simulated host: what a real keeper cannot be made to do at will. Its
// behaviour with real keepers is in test/system.
#include "test/sim/sim_host.h"
#include "tier_site/drivers/driver_limits.h"
#include "tier_site/drivers/process_driver.h"
#include <algorithm>
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr uint64_t SEED = 8;
using State = Observed::State;

// A keeper that answers each line it gets with what the test says; nothing means silence.
class FakeKeeper final : private kj::TaskSet::ErrorHandler {
public:
  FakeKeeper(SimHost& host, kj::StringPtr path) : tasks(*this) {
    tasks.add(host.host().network.parseAddress(kj::str("unix:", path, "/sock"))
                  .then([this](kj::Own<kj::NetworkAddress> address) {
                    receiver = address->listen();
                    return serve();
                  }));
  }
  void hangUp() { peers.clear(); }

  std::string greeting;
  std::map<std::string, std::string> answers;  // by request
  std::vector<std::string> asked;

private:
  struct Peer {
    kj::Own<kj::AsyncIoStream> stream;
    std::string buffered;
    char chunk[256];
    kj::Promise<void> task = nullptr;
  };
  kj::Promise<void> serve() {
    return receiver->accept().then([this](kj::Own<kj::AsyncIoStream> stream) {
      auto peer = kj::heap<Peer>();
      peer->stream = kj::mv(stream);
      auto& p = *peer;
      p.task = say(p, greeting).then([this, &p]() { return read(p); }).eagerlyEvaluate(
          [](kj::Exception&&) {});
      peers.push_back(kj::mv(peer));
      return serve();
    });
  }
  kj::Promise<void> say(Peer& peer, const std::string& line) {
    if (line.empty()) return kj::READY_NOW;
    auto text = kj::str(line.c_str(), "\n");
    auto bytes = text.asBytes();
    return peer.stream->write(bytes.begin(), bytes.size()).attach(kj::mv(text));
  }
  kj::Promise<void> read(Peer& peer) {
    return peer.stream->tryRead(peer.chunk, 1, sizeof peer.chunk)
        .then([this, &peer](size_t n) -> kj::Promise<void> {
          if (n == 0) return kj::READY_NOW;
          peer.buffered.append(peer.chunk, n);
          auto end = peer.buffered.find('\n');
          if (end == peer.buffered.npos) return read(peer);
          auto line = peer.buffered.substr(0, end);
          peer.buffered.erase(0, end + 1);
          asked.push_back(line);
          return say(peer, answers[line]).then([this, &peer]() { return read(peer); });
        });
  }
  void taskFailed(kj::Exception&&) override {}

  kj::Own<kj::ConnectionReceiver> receiver;
  std::vector<kj::Own<Peer>> peers;
  kj::TaskSet tasks;
};

struct Site {
  Site() {
    machine.powerOn();
    machine.processes().install("skerry-keeper", [this](Command command, SimHost&) {
      commands.push_back(command.arguments[0].cStr());
      Ended ended;
      ended.code = keeperSays.find("ok") == 0 ? 0 : 1;
      ended.output = kj::str(keeperSays.c_str(), "\n");
      return kj::Promise<Ended>(kj::mv(ended));
    });
    ProcessDriverConfig config;
    config.keeperProgram = "/usr/libexec/skerry-keeper";
    driver = newProcessDriver(machine.host(), config);
    driver->watch([this](const Observed& seen) { changes.push_back(seen); });
  }
  Host& host() { return machine.host(); }
  std::string folder() { return std::string(host().path.cStr()) + "/run/" + id.str(); }
  void write(kj::StringPtr name, const std::string& content) {
    auto mode = kj::WriteMode::CREATE | kj::WriteMode::MODIFY | kj::WriteMode::CREATE_PARENT;
    host()
        .files.openFile(kj::Path({"run", id.str().c_str(), name}), mode)
        ->writeAll(content.c_str());
  }
  std::string status(const std::string& head, int pid, const std::string& rest) {
    return head + " boot=" + host().clock.bootId().cStr() + " pid=" + std::to_string(pid) +
           " start=" + std::to_string(host().processes.startTime(pid)) + " nonce=" +
           Hash().hex() + " incarnation=3 limits=all " + rest;
  }
  std::vector<Observed> list() { return world.run(driver->list(), 100000); }

  InstanceId id{"acme", "pos", "web", 0};
  SimWorld world{SEED};
  SimHost machine{world, "site"};
  std::string keeperSays;
  std::vector<std::string> commands;
  std::vector<Observed> changes;
  kj::Own<Driver> driver;
};

}  // namespace

TEST_CASE("a service whose keeper hangs is told as running, with a word on its keeper") {
  Site site;
  int pid = site.machine.processes().start("service");
  site.write("state", site.status("state", pid, "state=running\n"));
  site.keeperSays = "err another keeper: Resource temporarily unavailable";
  FakeKeeper silent(site.machine, kj::StringPtr(site.folder().c_str()));
  auto seen = site.list();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].state == State::RUNNING);
  CHECK(seen[0].pid == pid);
  CHECK(seen[0].reason.find("its keeper does not answer: another keeper") == 0);
  CHECK(site.commands == std::vector<std::string>{"--takeover"});
  // It can be neither stopped nor started anew, and nothing is done to it.
  CHECK_THROWS_AS(site.world.run(site.driver->stop(site.id, 10), 100000), kj::Exception);
  CHECK(site.machine.processes().isAlive(pid));
}

TEST_CASE("a service of an earlier boot is told as ended by the restart of its host") {
  Site site;
  int pid = site.machine.processes().start("service");
  site.write("state", site.status("state", pid, "state=running\n"));
  site.machine.powerOff();
  site.machine.powerOn();
  site.machine.processes().setNextPid(pid);
  CHECK(site.machine.processes().start("somebody else") == pid);  // same number, another process
  auto seen = site.list();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].state == State::EXITED);
  CHECK(seen[0].reason == "the host was restarted");
  CHECK(seen[0].pid == 0);
  CHECK(site.commands.empty());
}

TEST_CASE("a number used again in the same boot is not taken for the service") {
  Site site;
  int pid = site.machine.processes().start("service");
  site.write("state", site.status("state", pid, "state=running\n"));
  site.machine.processes().kill(pid);
  site.world.runFor(1000);
  site.machine.processes().setNextPid(pid);
  CHECK(site.machine.processes().start("somebody else") == pid);
  auto seen = site.list();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].state == State::EXITED);
  CHECK(seen[0].reason == "both it and its keeper are gone");
  CHECK(site.commands.empty());
}

TEST_CASE("a keeper's word is heard, and its silence in the middle is a lost connection") {
  Site site;
  int pid = site.machine.processes().start("service");
  site.write("state", site.status("state", pid, "state=running\n"));
  FakeKeeper keeper(site.machine, kj::StringPtr(site.folder().c_str()));
  keeper.greeting = site.status("skerry-keeper 1.0", pid, "state=running");
  keeper.answers["watch"] = site.status("ok", pid, "state=running");
  keeper.answers["status"] = keeper.answers["watch"];
  auto seen = site.list();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].incarnation == 3);
  CHECK(seen[0].pid == pid);
  auto before = site.world.nowMs();
  bool failed = false;
  auto problem = kj::runCatchingExceptions(
      [&]() { site.world.run(site.driver->stop(site.id, 10), 100000); });
  KJ_IF_MAYBE(e, problem) {
    failed = true;
    CHECK(e->getType() == kj::Exception::Type::DISCONNECTED);
  }
  CHECK(failed);
  CHECK(keeper.asked.back() == "stop graceMs=10");
  CHECK(site.world.nowMs() - before == KEEPER_ANSWER_MS);
}

TEST_CASE("a keeper that hangs up is sought again until it is found") {
  Site site;
  int pid = site.machine.processes().start("service");
  site.write("state", site.status("state", pid, "state=running\n"));
  FakeKeeper keeper(site.machine, kj::StringPtr(site.folder().c_str()));
  keeper.greeting = site.status("skerry-keeper 1.0", pid, "state=running");
  keeper.answers["watch"] = site.status("ok", pid, "state=running");
  site.list();
  keeper.hangUp();
  site.world.runFor(5000);
  CHECK(site.changes.empty());  // nothing has changed
  CHECK(std::count(keeper.asked.begin(), keeper.asked.end(), "watch") == 2);
  auto ended = "state=idle reason=oom code=-1 signal=9";
  keeper.greeting = site.status("skerry-keeper 1.0", pid, ended);
  keeper.answers["watch"] = site.status("ok", pid, ended);
  keeper.hangUp();
  site.world.runFor(5000);
  REQUIRE(site.changes.size() == 1);
  CHECK(site.changes[0].oomKilled);
}

TEST_CASE("after a crash its keeper is asked for the next life and for nothing else") {
  Site site;
  int pid = site.machine.processes().start("service");
  site.write("state", site.status("state", pid, "state=running\n"));
  FakeKeeper keeper(site.machine, kj::StringPtr(site.folder().c_str()));
  auto ended = "state=idle reason=exited code=-1 signal=9";
  keeper.greeting = site.status("skerry-keeper 1.0", pid, ended);
  keeper.answers["watch"] = site.status("ok", pid, ended);
  site.list();
  Rendered rendered;
  rendered.id = site.id;
  rendered.kind = RuntimeKind::PROCESS;
  rendered.command = {"/bin/service"};
  auto start = [&]() { return site.driver->start(rendered, 4); };
  SUBCASE("which it begins") {
    keeper.answers["start incarnation=4"] = site.status("ok", pid, "state=running");
    CHECK(site.world.run(start(), 100000).state == State::RUNNING);
    CHECK(keeper.asked == std::vector<std::string>{"watch", "start incarnation=4"});
  }
  SUBCASE("which ends in the same breath") {
    keeper.answers["start incarnation=4"] =
        site.status("ok", pid, "state=running") + "\n" + site.status("event", pid, ended);
    CHECK(site.world.run(start(), 100000).state == State::EXITED);
    CHECK(site.list()[0].state == State::EXITED);
  }
  SUBCASE("and is looked for anew when it does not answer") {
    CHECK_THROWS(site.world.run(start(), 100000));
    keeper.answers["start incarnation=4"] = site.status("ok", pid, "state=running");
    CHECK(site.world.run(start(), 100000).state == State::RUNNING);
    CHECK(keeper.asked == std::vector<std::string>{"watch", "start incarnation=4", "watch",
                                                   "start incarnation=4"});
  }
}

TEST_CASE("a line without end costs the connection, not the memory") {
  Site site;
  int pid = site.machine.processes().start("service");
  site.write("state", site.status("state", pid, "state=running\n"));
  site.keeperSays = "err another keeper: it is busy";
  FakeKeeper keeper(site.machine, kj::StringPtr(site.folder().c_str()));
  keeper.greeting = std::string(100000, 'x');
  auto seen = site.list();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].reason.find("does not answer") != std::string::npos);
}

}  // namespace skerry
