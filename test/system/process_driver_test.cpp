#include "shared/async/task.h"
#include "test/system/driver_fixture.h"
#include "tier_site/drivers/process_driver.h"
#include <algorithm>

namespace skerry {

namespace {

const std::string PREFIX = "skerry-test-" + std::to_string(getpid());

Rendered sample(std::vector<std::string> arguments = {}) {
  Rendered r;
  r.id = {"acme", "pos", "web", 0};
  r.kind = RuntimeKind::PROCESS;
  r.command = {SAMPLE_SERVICE};
  r.command.insert(r.command.end(), arguments.begin(), arguments.end());
  r.digest = renderedDigest(r);
  return r;
}

Rendered shell(const std::string& script) {
  auto r = sample();
  r.command = {"sh", "-c", script};
  r.digest = renderedDigest(r);
  return r;
}

struct Site : DriverFixture {
  explicit Site(const std::string& subfolder = "") : DriverFixture(subfolder) { comeBack(); }
  // Removes whatever exists; then nothing may be left.
  ~Site() {
    for (auto& seen : wait(driver->list())) wait(driver->remove(seen.id));
    driver = nullptr;
    for (auto tree : {"memory", "cpu", "pids", "systemd", "unified", "freezer", "."})
      CHECK(!std::filesystem::exists(std::string("/sys/fs/cgroup/") + tree + "/" + PREFIX));
  }
  // The daemon died, and another one starts.
  void comeBack() {
    driver = nullptr;
    changes.clear();
    ProcessDriverConfig config;
    config.keeperProgram = KEEPER;
    config.cgroupPrefix = PREFIX;
    driver = newProcessDriver(host, config);
    driver->watch([this](const Observed& seen) { changes.push_back(seen); });
  }
  int keeperPid(const InstanceId& id) {
    auto state = readAll(std::string(host.path.cStr()) + "/run/" + id.str() + "/state");
    auto at = state.find("keeper=");
    return atoi(state.c_str() + at + 7);
  }
  kj::Own<Driver> driver;
  std::vector<Observed> changes;
};

using State = Observed::State;

}  // namespace

TEST_CASE("a process service is started once, however often it is asked for") {
  Site site;
  auto r = sample();
  auto first = site.wait(site.driver->start(r, 1));
  CHECK(first.state == State::RUNNING);
  CHECK(first.digest == r.digest);
  CHECK(first.incarnation == 1);
  CHECK(first.startTicks == site.host.processes.startTime(first.pid));
  CHECK(isAlive(first.pid));
  auto second = site.wait(site.driver->start(r, 1));
  CHECK(second.pid == first.pid);
  auto a = site.driver->start(r, 1), b = site.driver->start(r, 1);
  CHECK(site.wait(kj::mv(a)).pid == first.pid);
  CHECK(site.wait(kj::mv(b)).pid == first.pid);
}

TEST_CASE("another revision or an earlier life is not replaced unless it was stopped") {
  Site site;
  auto old = sample(), next = sample({"lines", "3"});
  site.wait(site.driver->start(old, 1));
  CHECK(site.failureOf(site.driver->start(next, 2)).find("another revision") != std::string::npos);
  CHECK(site.failureOf(site.driver->start(old, 2)).find("earlier life") != std::string::npos);
  site.awaitLog(*site.driver, old.id, "up ");
  site.wait(site.driver->stop(old.id, 1000));
  auto seen = site.wait(site.driver->start(next, 2));
  CHECK(seen.state == State::RUNNING);
  CHECK(seen.digest == next.digest);
  // Its log begins where the earlier revision's ended.
  auto log = site.awaitLog(*site.driver, next.id, "line 2");
  int ups = 0;
  for (auto& line : log.lines) ups += line.text.find("up ") == 0;
  CHECK(ups == 2);
}

TEST_CASE("a crash is told with its cause, and the next life is another process") {
  Site site;
  auto r = sample();
  auto first = site.wait(site.driver->start(r, 1));
  kill(first.pid, SIGSEGV);
  auto end = site.awaitChange(site.changes, [](auto& c) { return c.state == State::EXITED; });
  CHECK(end.exitSignal == SIGSEGV);
  CHECK(end.exitCode == -1);
  CHECK(end.incarnation == 1);
  // The same life again is not started again.
  CHECK(site.wait(site.driver->start(r, 1)).state == State::EXITED);
  auto second = site.wait(site.driver->start(r, 5));
  CHECK(second.state == State::RUNNING);
  CHECK(second.pid != first.pid);
  CHECK(second.incarnation == 5);
}

TEST_CASE("an exit code is told") {
  Site site;
  site.wait(site.driver->start(shell("sleep 0.1; exit 3"), 1));
  auto end = site.awaitChange(site.changes, [](auto& c) { return c.state == State::EXITED; });
  CHECK(end.exitCode == 3);
  CHECK(end.exitSignal == 0);
  CHECK(describe(end) == "exited with code 3");
}

TEST_CASE("services outlive their driver and are adopted by the next one as they are") {
  Site site;
  std::vector<Observed> before;
  for (uint32_t i = 0; i < 5; ++i) {
    auto r = sample();
    r.id.ordinal = i;
    r.digest = renderedDigest(r);
    before.push_back(site.wait(site.driver->start(r, i + 1)));
  }
  site.comeBack();
  auto after = site.wait(site.driver->list());
  std::sort(after.begin(), after.end(), [](auto& a, auto& b) { return a.id < b.id; });
  CHECK(after == before);
  // And is told of what becomes of them.
  kill(before[3].pid, SIGKILL);
  auto end = site.awaitChange(site.changes, [](auto& c) { return c.state == State::EXITED; });
  CHECK(end.id.ordinal == 3);
}

TEST_CASE("what ended while no daemon was there is adopted as ended, with its cause") {
  Site site;
  auto first = site.wait(site.driver->start(sample(), 7));
  site.driver = nullptr;
  kill(first.pid, SIGABRT);
  while (isAlive(first.pid)) site.sleep(5);
  site.comeBack();
  auto seen = site.wait(site.driver->list());
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].state == State::EXITED);
  CHECK(seen[0].exitSignal == SIGABRT);
  CHECK(seen[0].incarnation == 7);
}

TEST_CASE("with no daemon there the keeper restarts a service once") {
  Site site;
  auto r = sample();
  r.restartAloneAfterMs = 1;
  r.digest = renderedDigest(r);
  auto first = site.wait(site.driver->start(r, 1));
  site.driver = nullptr;
  site.sleep(50);
  kill(first.pid, SIGKILL);
  site.sleep(200);
  site.comeBack();
  auto seen = site.wait(site.driver->list());
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].state == State::RUNNING);
  CHECK(seen[0].incarnation == 2);
  CHECK(seen[0].pid != first.pid);
  // A daemon that asks for the life it knows of gets the later one.
  CHECK(site.wait(site.driver->start(r, 2)).pid == seen[0].pid);
}

TEST_CASE("a service whose keeper was killed is taken over, same process") {
  Site site;
  auto first = site.wait(site.driver->start(sample(), 1));
  kill(site.keeperPid(first.id), SIGKILL);
  site.sleep(1000);  // the driver notices by itself
  CHECK(isAlive(first.pid));
  auto seen = site.wait(site.driver->list());
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].pid == first.pid);
  CHECK(seen[0].state == State::RUNNING);
  kill(first.pid, SIGKILL);
  auto end = site.awaitChange(site.changes, [](auto& c) { return c.state == State::EXITED; });
  CHECK(end.exitCode == -1);  // nobody saw how
  CHECK(end.exitSignal == 0);
}

TEST_CASE("a service that died together with its keeper is told as gone, and starts again") {
  Site site;
  auto r = sample();
  auto first = site.wait(site.driver->start(r, 1));
  kill(site.keeperPid(first.id), SIGKILL);
  kill(first.pid, SIGKILL);
  auto end = site.awaitChange(site.changes, [](auto& c) { return c.state == State::EXITED; });
  CHECK(end.reason == "both it and its keeper are gone");
  CHECK(end.exitCode == -1);
  auto second = site.wait(site.driver->start(r, 2));
  CHECK(second.state == State::RUNNING);
  CHECK(second.pid != first.pid);
}

TEST_CASE("stopping is patient, then not, and idempotent") {
  Site site;
  auto r = shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
  auto first = site.wait(site.driver->start(r, 1));
  site.awaitLog(*site.driver, r.id, "ready");
  auto before = site.host.clock.bootMs();
  site.wait(site.driver->stop(r.id, 300));
  CHECK(site.host.clock.bootMs() - before >= 250);
  CHECK(!isAlive(first.pid));
  site.wait(site.driver->stop(r.id, 300));
  site.wait(site.driver->stop({"no", "such", "thing", 0}, 300));
  auto seen = site.wait(site.driver->list());
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].reason == "stopped");
}

TEST_CASE("removing leaves nothing, and is idempotent") {
  Site site;
  auto first = site.wait(site.driver->start(sample({"fork", "4"}), 1));
  int keeper = site.keeperPid(first.id);
  site.wait(site.driver->remove(first.id));
  CHECK(!isAlive(first.pid));
  CHECK(!isAlive(keeper));
  CHECK(!std::filesystem::exists(site.scratch.path + "/run/acme.pos.web.0"));
  CHECK(site.wait(site.driver->list()).empty());
  site.wait(site.driver->remove(first.id));
}

TEST_CASE("what cannot be started is said in an operator's words, and leaves nothing") {
  Site site;
  auto fails = [&](Rendered r, const char* words) {
    r.digest = renderedDigest(r);
    auto text = site.failureOf(site.driver->start(r, 1));
    CAPTURE(text);
    CHECK(text.find(words) != std::string::npos);
    CHECK(text.find("acme.pos.web.0") != std::string::npos);
    CHECK(!std::filesystem::exists(site.scratch.path + "/run/acme.pos.web.0"));
  };
  auto r = sample();
  r.command = {"/usr/bin/no-such-program"};
  fails(r, "program '/usr/bin/no-such-program' is not on this host");
  r.command = {"no-such-name"};
  fails(r, "program 'no-such-name' is not on this host");
  r.command = {"/etc/passwd"};
  fails(r, "may not be executed: permission denied");
  r = sample();
  r.workDir = "/no/such/folder";
  fails(r, "its working directory '/no/such/folder' cannot be entered");
  r = sample();
  r.user = "nobody-of-that-name";
  CHECK(site.failureOf(site.driver->start(r, 1)).find("no such user") != std::string::npos);
  r = sample();
  r.environment["X"] = std::string(200000, 'x');
  CHECK(site.failureOf(site.driver->start(r, 1)).find("too large") != std::string::npos);
}

TEST_CASE("a port in use is the service's own matter: it starts, and its log says why it ended") {
  Site site;
  site.wait(
      site.driver->start(shell("sleep 0.2; echo 'bind: Address already in use' >&2; exit 1"), 1));
  auto end = site.awaitChange(site.changes, [](auto& c) { return c.state == State::EXITED; });
  CHECK(end.exitCode == 1);
  auto log = site.awaitLog(*site.driver, end.id, "in use");
  CHECK(log.lines.back().stream == LogLine::Stream::ERR);
}

TEST_CASE("a service runs as the user of its manifest, by name or number, with its environment") {
  Site site;
  for (std::string user : {"nobody", "65534", "nobody:nogroup", "65534:65534"}) {
    auto r = shell("echo $(id -u):$(id -g) $COLOUR $(pwd); exec sleep 100");
    r.user = user;
    r.workDir = "/usr";
    r.environment["COLOUR"] = "sea green";
    r.digest = renderedDigest(r);
    site.wait(site.driver->start(r, 1));
    site.awaitLog(*site.driver, r.id, "65534:65534 sea green /usr");
    site.wait(site.driver->remove(r.id));
  }
}

TEST_CASE("limits hold, and dying of one is told from being killed") {
  if (!std::filesystem::exists("/sys/fs/cgroup/memory")) return;
  Site site;
  auto r = sample({"hog", "64"});
  r.limits = {500, 16 << 20, 20};
  r.digest = renderedDigest(r);
  site.wait(site.driver->start(r, 1));
  auto end = site.awaitChange(site.changes, [](auto& c) { return c.state == State::EXITED; });
  CHECK(end.oomKilled);
  CHECK(describe(end) == "killed: out of memory");
}

TEST_CASE("a host that cannot set limits runs the service and says so") {
  Site site;
  ProcessDriverConfig config;
  config.keeperProgram = KEEPER;
  config.cgroupRoot = "/proc/no/groups";
  auto driver = newProcessDriver(site.host, config);
  auto r = sample();
  r.limits = {500, 16 << 20, 0};
  r.digest = renderedDigest(r);
  auto seen = site.wait(driver->start(r, 1));
  CHECK(seen.state == State::RUNNING);
  CHECK(seen.reason.find("without its limits of memory,cpu") == 0);
  site.wait(driver->remove(r.id));
}

TEST_CASE("logs are told from their beginning, by number, by time, and as they come") {
  Site site;
  auto r = shell("for i in 1 2 3 4 5; do echo line $i; done; echo oops >&2; sleep 0.5; "
                 "while :; do echo tick; sleep 0.05; done");
  site.wait(site.driver->start(r, 1));
  auto all = site.awaitLog(*site.driver, r.id, "oops");
  CHECK(all.lines[0].text == "line 1");
  CHECK(all.lines[0].stream == LogLine::Stream::OUT);
  auto distance = site.host.clock.wallMs() - all.lines[0].wallMs;
  CHECK(distance >= 0);
  CHECK(distance < 10000);
  KeptLines tail, none, following;
  LogOptions options;
  options.tailLines = 2;
  site.wait(site.driver->logs(r.id, options, tail));
  CHECK(tail.lines.size() == 2);
  options = LogOptions();
  options.sinceMs = site.host.clock.wallMs() + 100000;
  site.wait(site.driver->logs(r.id, options, none));
  CHECK(none.lines.empty());
  options = LogOptions();
  options.tailLines = 0;
  options.follow = LogOptions::Follow::YES;
  auto follow = site.driver->logs(r.id, options, following).eagerlyEvaluate(nullptr);
  for (int i = 0; i < 300 && following.lines.size() < 5; ++i) site.sleep(10);
  CHECK(following.lines.size() >= 5);
  CHECK(following.lines.back().text == "tick");
  site.wait(site.driver->remove(r.id));
  site.wait(kj::mv(follow), 5000);  // ends with the instance
}

TEST_CASE("a data folder with a long path works as any other") {
  Site site("/" + std::string(100, 'd'));
  auto r = sample();
  auto first = site.wait(site.driver->start(r, 1));
  site.comeBack();
  auto seen = site.wait(site.driver->list());
  REQUIRE(seen.size() == 1);
  CHECK(seen[0] == first);
}

TEST_CASE("without its keeper program the driver says so and touches nothing") {
  Site site;
  ProcessDriverConfig config;
  config.keeperProgram = "/no/such/skerry-keeper";
  auto driver = newProcessDriver(site.host, config);
  CHECK(site.failureOf(driver->start(sample(), 1)).find("/no/such/skerry-keeper") !=
        std::string::npos);
}

TEST_CASE("a daemon that stops waiting for a start does not undo it") {
  Site site;
  auto r = sample();
  { auto dropped = site.driver->start(r, 1); }
  Observed seen;
  seen.state = State::EXITED;
  for (int i = 0; i < 200 && seen.state != State::RUNNING; ++i) {
    site.sleep(10);
    for (auto& found : site.wait(site.driver->list())) seen = found;
  }
  CHECK(seen.state == State::RUNNING);
  CHECK(site.wait(site.driver->start(r, 1)).pid == seen.pid);
}

}  // namespace skerry
