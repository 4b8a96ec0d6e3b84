#include "test/system/podman_engine.h"
#include "tier_site/drivers/engine_driver.h"
#include <algorithm>

namespace skerry {

namespace {

const std::string PREFIX = "skerry-test-" + std::to_string(getpid());
constexpr const char* IMAGE = "localhost/skerry-test:1";
using State = Observed::State;

// One engine for all tests: loading an image into a new one takes seconds.
struct SharedEngine {
  SharedEngine() : engine(folder.path) {
    auto archive = folder.path + "/image.tar";
    auto make = std::string(MAKE_IMAGE) + " " + archive + " " + IMAGE + " " + SAMPLE_SERVICE;
    KJ_REQUIRE(system(make.c_str()) == 0, make.c_str());
    KJ_REQUIRE(engine.run({"load", "--quiet", "--input", archive}), "podman cannot load the image");
    engine.begin();
  }
  ~SharedEngine() {
    engine.run({"rm", "--all", "--force", "--time", "0"});
    for (auto& tree : std::filesystem::directory_iterator("/sys/fs/cgroup")) {
      rmdir((tree.path() / PREFIX / "acme" / "conmon").c_str());  // Podman's, for its monitors
      rmdir((tree.path() / PREFIX / "acme").c_str());
      rmdir((tree.path() / PREFIX).c_str());
    }
  }
  ScratchFolder folder;
  PodmanEngine engine;
};

SharedEngine& shared() {
  static SharedEngine instance;
  return instance;
}

Rendered shell(const std::string& script, uint32_t ordinal = 0) {
  Rendered r;
  r.id = {"acme", "pos", "web", ordinal};
  r.image = IMAGE;
  r.command = {"/bin/sh", "-c", script};
  r.network = NetworkMode::NONE;  // a bridge takes longer
  r.digest = renderedDigest(r);
  return r;
}

struct Site : DriverFixture {
  Site() { comeBack(); }
  ~Site() {
    for (auto& seen : wait(driver->list())) wait(driver->remove(seen.id));
    CHECK(wait(driver->list()).empty());
  }
  void comeBack() {
    driver = nullptr;
    changes.clear();
    EngineDriverConfig config;
    config.socketPath = shared().engine.socket();
    config.site = "shop";
    config.cgroupPrefix = PREFIX;
    driver = newEngineDriver(host, config);
    driver->watch([this](const Observed& seen) { changes.push_back(seen); });
  }
  Observed awaitEnd() {
    return awaitChange(changes, [](auto& c) { return c.state == State::EXITED; });
  }
  kj::Own<Driver> driver;
  std::vector<Observed> changes;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

// Told once, by the first test that needs what is not there.
bool skipped() {
  if (havePodman()) {
    separate();
    return false;
  }
  static bool told = false;
  if (!told) MESSAGE("skipped: this needs root, podman and runc");
  told = true;
  return true;
}

}  // namespace

TEST_CASE("a container runs, in its tenant's group, within its limits, once") {
  if (skipped()) return;
  Site site;
  auto r = shell("echo $COLOUR $(id -u); echo oops >&2; exec sleep 1000");
  r.environment["COLOUR"] = "sea green";
  r.user = "guest";
  r.limits = {500, 64 << 20, 50};
  r.digest = renderedDigest(r);
  auto first = site.wait(site.driver->start(r, 1));
  CHECK(first.state == State::RUNNING);
  CHECK(isAlive(first.pid));
  CHECK(site.wait(site.driver->start(r, 1)) == first);
  auto groups = readAll("/proc/" + std::to_string(first.pid) + "/cgroup");
  CHECK(has(groups, "/" + PREFIX + "/acme/"));
  auto path = groups.substr(groups.find("memory:") + 7);
  path = path.substr(0, path.find('\n'));
  CHECK(readAll("/sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes") == "67108864\n");
  CHECK(readAll("/sys/fs/cgroup/pids" + path + "/pids.max") == "50\n");
  CHECK(readAll("/sys/fs/cgroup/cpu" + path + "/cpu.cfs_quota_us") == "50000\n");
  auto log = site.awaitLog(*site.driver, r.id, "oops");
  REQUIRE(log.lines.size() == 2);
  CHECK(log.has("sea green 1000"));
  auto& err = log.lines[log.lines[0].text == "oops" ? 0 : 1];
  CHECK(err.stream == LogLine::Stream::ERR);
  CHECK(std::abs(err.wallMs - site.host.clock.wallMs()) < 60000);
}

TEST_CASE("a container's death is told with its cause, and its next life is another container") {
  if (skipped()) return;
  Site site;
  auto r = shell("exec sleep 1000");
  auto first = site.wait(site.driver->start(r, 1));
  kill(first.pid, SIGKILL);
  auto end = site.awaitEnd();
  CHECK(end.exitCode == 137);
  CHECK(end.exitSignal == 9);
  CHECK(site.wait(site.driver->start(r, 1)).state == State::EXITED);
  auto second = site.wait(site.driver->start(r, 2));
  CHECK(second.state == State::RUNNING);
  CHECK(second.container != first.container);
  site.changes.clear();
  site.wait(site.driver->stop(r.id, 0));
  auto third = shell("exit 5");
  site.wait(site.driver->start(third, 3));
  if (site.wait(site.driver->list())[0].state != State::EXITED) site.awaitEnd();
  CHECK(site.wait(site.driver->list())[0].exitCode == 5);
}

TEST_CASE("containers outlive their driver and their engine's service") {
  if (skipped()) return;
  Site site;
  auto a = site.wait(site.driver->start(shell("exec sleep 1000", 0), 1));
  auto b = site.wait(site.driver->start(shell("exec sleep 1000", 1), 6));
  site.comeBack();
  auto seen = site.wait(site.driver->list());
  REQUIRE(seen.size() == 2);
  std::sort(seen.begin(), seen.end(), [](auto& x, auto& y) { return x.id < y.id; });
  CHECK(seen[0] == a);
  CHECK(seen[1] == b);
  shared().engine.end();
  CHECK(has(site.failureOf(site.driver->list(), kj::Exception::Type::DISCONNECTED),
            "does not answer"));
  CHECK(isAlive(a.pid));
  kill(b.pid, SIGKILL);
  CHECK(site.awaitEnd().exitCode == -1);  // nobody can say how, yet
  shared().engine.begin();
  auto end = site.awaitChange(site.changes, [](auto& c) { return c.exitCode == 137; });
  CHECK(end.id.ordinal == 1);
  CHECK(isAlive(a.pid));
}

TEST_CASE("a published port answers, and one in use is named") {
  if (skipped()) return;
  if (system("command -v iptables >/dev/null 2>&1") != 0) {
    MESSAGE("skipped: podman cannot publish ports on a host without iptables");
    return;
  }
  Site site;
  auto r = shell("echo hello > /tmp/index.html; exec httpd -f -p 80 -h /tmp");
  r.network = NetworkMode::PRIVATE;
  r.ports = {{"127.0.0.1", 18231, 80, PublishedPort::Protocol::TCP}};
  r.digest = renderedDigest(r);
  site.wait(site.driver->start(r, 1));
  std::string page;
  for (int tries = 0; tries < 200 && !has(page, "hello"); ++tries) {
    site.sleep(20);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(18231);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<struct sockaddr*>(&to), sizeof to) == 0 &&
        write(fd, "GET / HTTP/1.0\r\n\r\n", 18) == 18) {
      char buffer[512];
      for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;) page.append(buffer, n);
    }
    close(fd);
  }
  CHECK(has(page, "hello"));
  auto other = shell("exec sleep 1000", 1);
  other.network = NetworkMode::PRIVATE;
  other.ports = r.ports;
  other.digest = renderedDigest(other);
  auto text = site.failureOf(site.driver->start(other, 1));
  CAPTURE(text);
  CHECK(has(text, "acme.pos.web.1: port 18231 is in use on this host"));
  CHECK(site.wait(site.driver->list()).size() == 1);
}

TEST_CASE("a container without ports runs, with a network or with a word on why without") {
  if (skipped()) return;
  Site site;
  auto r = shell("exec sleep 1000");
  r.network = NetworkMode::PRIVATE;
  r.digest = renderedDigest(r);
  auto seen = site.wait(site.driver->start(r, 1));
  CHECK(seen.state == State::RUNNING);
  auto routes = readAll("/proc/" + std::to_string(seen.pid) + "/net/route");
  bool connected = has(routes, "eth0");
  CHECK(connected == seen.reason.empty());
  CHECK(connected != has(seen.reason, "without a network"));
}

TEST_CASE("what cannot be started is said in an operator's words, and leaves nothing") {
  if (skipped()) return;
  Site site;
  auto fails = [&](Rendered r, const char* words) {
    r.digest = renderedDigest(r);
    auto text = site.failureOf(site.driver->start(r, 1));
    CAPTURE(text);
    CHECK(has(text, words));
    CHECK(site.wait(site.driver->list()).empty());
  };
  auto r = shell("true");
  r.image = "localhost/none:1";
  fails(r, "image 'localhost/none:1' is not on this host; load it with");
  r = shell("true");
  r.command = {"/bin/no-such-program"};
  fails(r, "program '/bin/no-such-program' is not in image 'localhost/skerry-test:1'");
  r.command = {"/etc/passwd"};
  fails(r, "may not be executed: permission denied");
  r = shell("true");
  r.user = "ghost";
  fails(r, "user 'ghost' does not exist in image");
}

TEST_CASE("stopping is patient, then not, and stopping or removing twice is no error") {
  if (skipped()) return;
  Site site;
  auto r = shell("trap '' TERM; echo ready; while :; do sleep 0.1; done");
  auto first = site.wait(site.driver->start(r, 1));
  site.awaitLog(*site.driver, r.id, "ready");
  auto before = site.host.clock.bootMs();
  site.wait(site.driver->stop(r.id, 1000));
  CHECK(site.host.clock.bootMs() - before >= 900);
  CHECK(!isAlive(first.pid));
  site.wait(site.driver->stop(r.id, 1000));
  site.wait(site.driver->remove(r.id));
  site.wait(site.driver->remove(r.id));
  CHECK(site.wait(site.driver->list()).empty());
}

TEST_CASE("a container that outgrows its memory is killed") {
  if (skipped()) return;
  Site site;
  auto r = shell("");
  r.command = {"/bin/sample_service", "hog", "64"};
  r.limits.memoryBytes = 16 << 20;
  r.digest = renderedDigest(r);
  auto seen = site.wait(site.driver->start(r, 1));
  if (seen.state != State::EXITED) seen = site.awaitEnd();
  CHECK(seen.exitSignal == 9);  // that it was for memory, Podman 4.3 does not tell on v1 groups
}

TEST_CASE("what a person does with podman is told") {
  if (skipped()) return;
  Site site;
  auto r = shell("trap 'exit 0' TERM; while :; do sleep 0.05; done");
  auto first = site.wait(site.driver->start(r, 1));
  site.wait(site.driver->list());
  CHECK(shared().engine.run({"stop", "--time", "5", first.container}));
  auto end = site.awaitEnd();
  CHECK(end.exitCode == 0);
  CHECK(shared().engine.run({"rm", first.container}));
  site.awaitChange(site.changes,
                   [](auto& c) { return c.reason == "its container was removed by hand"; });
}

TEST_CASE("logs follow, by number and by time") {
  if (skipped()) return;
  Site site;
  auto r = shell(
      "for i in 1 2 3; do echo line $i; done; sleep 1; while :; do echo tick; sleep 0.05; done");
  site.wait(site.driver->start(r, 1));
  site.awaitLog(*site.driver, r.id, "line 3");
  KeptLines tail, following, none;
  LogOptions options;
  options.tailLines = 2;
  site.wait(site.driver->logs(r.id, options, tail));
  CHECK(tail.lines.size() == 2);
  options = LogOptions();
  options.sinceMs = site.host.clock.wallMs() + 100000;
  site.wait(site.driver->logs(r.id, options, none));
  CHECK(none.lines.empty());
  options = LogOptions();
  options.follow = LogOptions::Follow::YES;
  auto follow = site.driver->logs(r.id, options, following).eagerlyEvaluate(nullptr);
  for (int i = 0; i < 500 && !following.has("tick"); ++i) site.sleep(10);
  CHECK(following.has("line 1"));
  CHECK(following.has("tick"));
}

}  // namespace skerry
