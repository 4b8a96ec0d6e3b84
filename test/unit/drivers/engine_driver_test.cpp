#include "test/sim/sim_engine.h"
#include "tier_site/drivers/driver_limits.h"
#include "tier_site/drivers/engine_driver.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr uint64_t SEED = 5;
constexpr const char* SOCKET = "/run/engine.sock";
constexpr const char* NAME = "skerry.shop.acme.pos.web.0";
constexpr const char* PROCESS = "container acme.pos.web.0";
using State = Observed::State;
using Fault = SimEngine::Fault;

Rendered web() {
  Rendered r;
  r.id = {"acme", "pos", "web", 0};
  r.image = "localhost/pos:1";
  r.command = {"/bin/pos", "--port", "80"};
  r.ports = {{"", 8080, 80, PublishedPort::Protocol::TCP}};
  r.digest = renderedDigest(r);
  return r;
}

struct Site {
  Site() {
    machine.powerOn();
    engine.begin();
    comeBack();
  }
  void comeBack() {
    driver = nullptr;
    changes.clear();
    EngineDriverConfig config;
    config.socketPath = SOCKET;
    config.site = "shop";
    driver = newEngineDriver(machine.host(), config);
    driver->watch([this](const Observed& seen) { changes.push_back(seen); });
  }
  template <typename T>
  T run(kj::Promise<T> promise, uint64_t limitMs = 200000) {
    return world.run(kj::mv(promise), limitMs);
  }
  Observed start(const Rendered& r, uint64_t incarnation = 1) {
    return run(driver->start(r, incarnation));
  }
  template <typename T>
  std::string failureOf(kj::Promise<T> promise, kj::Exception::Type type) {
    auto problem = kj::runCatchingExceptions([&]() { run(kj::mv(promise)); });
    KJ_IF_MAYBE(e, problem) {
      CHECK(e->getType() == type);
      return e->getDescription().cStr();
    }
    return "";
  }
  size_t count(const std::string& part) const {
    size_t n = 0;
    for (auto& request : engine.requests) n += request.find(part) != request.npos;
    return n;
  }

  SimWorld world{SEED};
  SimHost machine{world, "site"};
  SimServices services{machine};
  SimEngine engine{machine, services, SOCKET};
  kj::Own<Driver> driver;
  std::vector<Observed> changes;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

constexpr auto FAILED = kj::Exception::Type::FAILED;
constexpr auto DISCONNECTED = kj::Exception::Type::DISCONNECTED;

}  // namespace

TEST_CASE("a container is made and started once, however often it is asked for") {
  Site site;
  auto first = site.start(web());
  CHECK(first.state == State::RUNNING);
  CHECK(first.digest == web().digest);
  CHECK(first.incarnation == 1);
  CHECK(first.pid > 0);
  CHECK(first.startTicks == site.machine.processes().startTime(first.pid));
  CHECK(site.start(web()) == first);
  auto a = site.driver->start(web(), 1), b = site.driver->start(web(), 1);
  site.run(kj::mv(a));
  site.run(kj::mv(b));
  CHECK(site.count("POST /containers/create") == 1);
  CHECK(site.count("/start") == 1);
}

TEST_CASE("a container bears the labels, limits and ports of what it was made from") {
  Site site;
  auto r = web();
  r.limits = {250, 64 << 20, 99};
  r.environment = {{"STORE", "12"}};
  r.user = "pos";
  r.digest = renderedDigest(r);
  site.start(r, 3);
  auto& body = site.engine.box(NAME).created;
  CAPTURE(body);
  for (std::string part :
       {"\"Image\":\"localhost/pos:1\"", "\"Cmd\":[\"/bin/pos\",\"--port\",\"80\"]",
        "\"Env\":[\"STORE=12\"]", "\"User\":\"pos\"", "\"skerry.site\":\"shop\"",
        "\"skerry.tenant\":\"acme\"", "\"skerry.app\":\"pos\"", "\"skerry.service\":\"web\"",
        "\"skerry.instance\":\"acme.pos.web.0\"", "\"skerry.incarnation\":\"3\"",
        "\"CgroupParent\":\"/skerry/acme\"", "\"Memory\":67108864", "\"MemorySwap\":67108864",
        "\"NanoCpus\":250000000", "\"PidsLimit\":99", "\"Name\":\"nofile\"", "\"Name\":\"nproc\"",
        "\"NetworkMode\":\"bridge\"", "\"ExposedPorts\":{\"80/tcp\":{}}",
        "\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"}]}"})
    CHECK_MESSAGE(has(body, part), part);
  CHECK(has(body, "\"skerry.digest\":\"" + r.digest.hex() + "\""));
  CHECK(!has(body, "Entrypoint"));  // the image's own
}

TEST_CASE("an answer lost at any step never makes a second container") {
  for (std::string step :
       {"GET /info", "GET /images", "POST /containers/create", "/start", "/json"}) {
    for (auto what : {Fault::BREAK_BEFORE, Fault::BREAK_AFTER}) {
      Site site;
      CAPTURE(step);
      site.engine.faults.push_back({step, what, 0, ""});
      auto text = site.failureOf(site.driver->start(web(), 1), DISCONNECTED);
      CHECK(has(text, "does not answer"));
      auto seen = site.start(web());
      CHECK(seen.state == State::RUNNING);
      CHECK(site.engine.boxes.size() == 1);
      CHECK(site.machine.processes().named(PROCESS).size() == 1);
    }
  }
}

TEST_CASE("a refusal of a repeated create or start is looked behind, not believed") {
  Site site;
  site.start(web());
  site.run(site.driver->stop(web().id, 0));
  // The next life was created and started by somebody whose answers were lost.
  site.engine.faults.push_back({"POST /containers/create", Fault::BREAK_AFTER, 0, ""});
  site.failureOf(site.driver->start(web(), 2), DISCONNECTED);
  site.engine.faults.push_back({"/start", Fault::BREAK_AFTER, 0, ""});
  site.failureOf(site.driver->start(web(), 2), DISCONNECTED);
  CHECK(site.start(web(), 2).incarnation == 2);
  CHECK(site.engine.boxes.size() == 1);
}

TEST_CASE("the next life is a new container with the next incarnation") {
  Site site;
  auto first = site.start(web());
  CHECK(has(site.failureOf(site.driver->start(web(), 2), FAILED), "earlier life"));
  site.run(site.driver->stop(web().id, 1500));
  CHECK(site.count("/stop?t=2") == 1);
  CHECK(site.start(web(), 1).state == State::EXITED);
  auto second = site.start(web(), 2);
  CHECK(second.incarnation == 2);
  CHECK(second.container != first.container);
  CHECK(site.engine.boxes.size() == 1);
}

TEST_CASE("another revision is not replaced unless it was stopped") {
  Site site;
  site.start(web());
  auto next = web();
  next.environment["NEW"] = "1";
  next.digest = renderedDigest(next);
  CHECK(has(site.failureOf(site.driver->start(next, 2), FAILED), "another revision"));
  site.run(site.driver->stop(web().id, 0));
  CHECK(site.start(next, 2).digest == next.digest);
}

TEST_CASE("a container of the same name that is not ours is never touched") {
  Site site;
  SimEngine::Box stranger;
  stranger.name = NAME;
  stranger.id = "stranger";
  stranger.created = "{\"Labels\":{\"skerry.site\":\"elsewhere\"}}";
  stranger.status = "running";
  site.engine.boxes[NAME] = stranger;
  CHECK(has(site.failureOf(site.driver->start(web(), 1), FAILED), "was not made for it"));
  CHECK(has(site.failureOf(site.driver->stop(web().id, 0), FAILED), "was not made for it"));
  CHECK(has(site.failureOf(site.driver->remove(web().id), FAILED), "was not made for it"));
  CHECK(site.run(site.driver->list()).empty());
  CHECK(site.engine.box(NAME).status == "running");
  CHECK(site.count("POST") + site.count("DELETE") == 0);
}

TEST_CASE("why a container does not start is said in an operator's words, and nothing is left") {
  auto said = [](const char* engineSays) {
    Site site;
    site.engine.faults.push_back({"/start", Fault::ANSWER, 500,
                                  "{\"message\":\"" + std::string(engineSays) + "\"}"});
    auto text = site.failureOf(site.driver->start(web(), 1), FAILED);
    CHECK(site.engine.boxes.empty());
    CHECK(has(text, engineSays));
    return text;
  };
  CHECK(has(said("rootlessport listen tcp 0.0.0.0:8080: bind: address already in use"),
            "acme.pos.web.0: port 8080 is in use"));
  CHECK(
      has(said("Bind for 0.0.0.0:8080 failed: port is already allocated"), "port 8080 is in use"));
  CHECK(
      has(said("exec: /bin/pos: no such file or directory"), "program '/bin/pos' is not in image"));
  CHECK(has(said("runc: permission denied"), "may not be executed"));
  CHECK(has(said("exec format error"), "another kind of machine"));
  CHECK(has(said("something new"), "the container engine refuses it"));
  Site site;
  site.engine.images.clear();
  auto text = site.failureOf(site.driver->start(web(), 1), FAILED);
  CHECK(has(text, "image 'localhost/pos:1' is not on this host; load it with"));
  CHECK(site.count("create") == 0);
}

TEST_CASE("a host that cannot make networks runs what publishes no port, and says so") {
  constexpr const char* SAYS = "{\"message\":\"netavark: No such file or directory (os error 2)\"}";
  Site site;
  auto quiet = web();
  quiet.ports.clear();
  quiet.digest = renderedDigest(quiet);
  site.engine.faults.push_back({"/start", Fault::ANSWER, 500, SAYS});
  auto seen = site.start(quiet);
  CHECK(seen.state == State::RUNNING);
  CHECK(seen.digest == quiet.digest);
  CHECK(has(seen.reason, "without a network"));
  CHECK(has(site.engine.box(NAME).created, "\"NetworkMode\":\"none\""));
  CHECK(site.start(quiet) == seen);
  site.run(site.driver->remove(quiet.id));
  site.engine.faults.push_back({"/start", Fault::ANSWER, 500, SAYS});
  CHECK(has(site.failureOf(site.driver->start(web(), 1), FAILED), "is iptables installed?"));
  CHECK(site.engine.boxes.empty());
}

TEST_CASE("stopping and removing are idempotent, whatever status the engine answers") {
  Site site;
  site.run(site.driver->stop(web().id, 10));
  site.run(site.driver->remove(web().id));
  auto first = site.start(web());
  site.engine.faults.push_back({"/stop", Fault::BREAK_AFTER, 0, ""});
  site.failureOf(site.driver->stop(web().id, 10), DISCONNECTED);
  site.run(site.driver->stop(web().id, 10));
  CHECK(!site.machine.processes().isAlive(first.pid));
  site.engine.faults.push_back({"/kill", Fault::ANSWER, 500, "odd"});
  site.run(site.driver->remove(web().id));
  CHECK(site.engine.boxes.empty());
  site.run(site.driver->remove(web().id));
  site.start(web(), 2);
  site.engine.faults.push_back({"DELETE", Fault::ANSWER, 500, "device or resource busy"});
  CHECK(has(site.failureOf(site.driver->remove(web().id), FAILED), "device or resource busy"));
  // An engine that says it stopped what goes on running is not believed.
  site.start(web(), 3);
  site.engine.faults.push_back({"/stop", Fault::ANSWER, 204, ""});
  CHECK(has(site.failureOf(site.driver->stop(web().id, 10), FAILED), "cannot stop it"));
}

TEST_CASE("a death is known from the process, and how from the engine as soon as it knows") {
  Site site;
  site.engine.learnsAfterMs = 400;
  auto first = site.start(web());
  auto before = site.world.nowMs();
  site.engine.endProcess(NAME, 3);
  while (site.changes.empty()) site.world.runFor(1);
  CHECK(site.world.nowMs() - before < 1000);
  REQUIRE(site.changes.size() == 1);
  CHECK(site.changes[0].state == State::EXITED);
  CHECK(site.changes[0].exitCode == 3);
  CHECK(site.changes[0].container == first.container);
  site.world.runFor(60000);
  CHECK(site.changes.size() == 1);
  // A killed one, and one that ran out of memory.
  site.start(web(), 2);
  site.engine.box(NAME).oomKilled = true;
  site.engine.endProcess(NAME, 137);
  site.world.runFor(5000);
  REQUIRE(site.changes.size() == 2);
  CHECK(site.changes[1].exitSignal == 9);
  CHECK(site.changes[1].oomKilled);
}

TEST_CASE("containers outlive their driver and are adopted by label") {
  Site site;
  auto first = site.start(web());
  auto other = web();
  other.id.ordinal = 1;
  other.digest = renderedDigest(other);
  auto second = site.start(other, 4);
  site.driver = nullptr;
  site.engine.endProcess("skerry.shop.acme.pos.web.1", 1);
  site.world.runFor(1000);
  site.comeBack();
  auto seen = site.run(site.driver->list());
  REQUIRE(seen.size() == 2);
  CHECK(seen[0] == first);
  CHECK(seen[1].state == State::EXITED);
  CHECK(seen[1].incarnation == 4);
  CHECK(seen[1].digest == other.digest);
  site.engine.endProcess(NAME, 0);
  site.world.runFor(1000);
  REQUIRE(site.changes.size() == 1);
  CHECK(site.changes[0].id == first.id);
}

TEST_CASE("an attempt cut short between create and start is adopted and finished") {
  Site site;
  site.engine.faults.push_back({"/start", Fault::BREAK_BEFORE, 0, ""});
  site.failureOf(site.driver->start(web(), 1), DISCONNECTED);
  site.comeBack();
  auto seen = site.run(site.driver->list());
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].state == State::STARTING);
  CHECK(site.start(web()).container == seen[0].container);
}

TEST_CASE("an engine that is away is said so, and what runs is watched on") {
  Site site;
  auto first = site.start(web());
  site.run(site.driver->list());
  site.engine.die();
  auto text = site.failureOf(site.driver->list(), DISCONNECTED);
  CHECK(has(text, "the container engine at /run/engine.sock does not answer"));
  site.failureOf(site.driver->start(web(), 1), DISCONNECTED);
  site.failureOf(site.driver->stop(web().id, 1), DISCONNECTED);
  CHECK(site.machine.processes().isAlive(first.pid));
  CHECK(site.changes.empty());
  site.engine.endProcess(NAME, 7);
  site.world.runFor(2000);
  REQUIRE(site.changes.size() == 1);
  CHECK(site.changes[0].state == State::EXITED);
  CHECK(site.changes[0].exitCode == -1);
  site.engine.begin();
  site.world.runFor(10000);
  REQUIRE(site.changes.size() == 2);
  CHECK(site.changes[1].exitCode == 7);
}

TEST_CASE("what a person does by hand is told: events are a hint, their loss is another") {
  Site site;
  site.start(web());
  site.run(site.driver->list());
  site.world.runFor(100);
  auto& box = site.engine.box(NAME);
  box.status = "paused";
  site.engine.sendEvent(NAME, "pause");
  site.world.runFor(100);
  REQUIRE(site.changes.size() == 1);
  CHECK(site.changes[0].reason == "paused by hand");
  box.status = "running";
  site.world.runFor(5000);  // the stream ended; no event told this
  REQUIRE(site.changes.size() == 2);
  CHECK(site.changes[1].reason == "");
  site.engine.boxes.clear();
  site.engine.sendEvent(NAME, "remove");
  site.world.runFor(5000);
  REQUIRE(site.changes.size() == 3);
  CHECK(site.changes[2].reason == "its container was removed by hand");
  site.world.runFor(100000);
  CHECK(site.changes.size() == 3);
}

TEST_CASE("a silent engine is given up after its time") {
  Site site;
  site.engine.faults.push_back({"GET /containers/json", Fault::SILENCE, 0, ""});
  auto before = site.world.nowMs();
  site.failureOf(site.driver->list(), DISCONNECTED);
  CHECK(site.world.nowMs() - before == ENGINE_CALL_MS);
}

TEST_CASE("answers that make no sense are failures with a text, never crashes") {
  std::vector<std::string> bodies = {
      "", "null", "[]", "{", "{\"Id\":5}", "{\"Id\":\"x\"}", "{\"State\":[]}", "\xff\xfe\x00",
      "{\"Id\":\"x\",\"State\":{\"Pid\":1e99}}", "{\"Id\":\"x\",\"State\":{\"Status\":{}}}",
      std::string(100000, '['), "{\"a\":" + std::string(5000, '{')};
  for (auto& body : bodies) {
    Site site;
    CAPTURE(body.substr(0, 50));
    site.engine.faults.push_back({"/json", Fault::ANSWER, 200, body});
    auto text = site.failureOf(site.driver->start(web(), 1), FAILED);
    CHECK(has(text, "container engine"));
    CHECK(text.size() < 3000);
    CHECK(site.start(web()).state == State::RUNNING);
  }
  for (std::string body : {"{}", "[{}", "[5]", "{\"message\":[]}"}) {
    Site site;
    site.engine.faults.push_back({"GET /containers/json", Fault::ANSWER, 200, body});
    CHECK(!site.failureOf(site.driver->list(), FAILED).empty());
  }
  Site site;
  site.engine.faults.push_back({"/json", Fault::ANSWER, 500, std::string(50000, 'x') + "\n\x01"});
  auto text = site.failureOf(site.driver->start(web(), 1), FAILED);
  CHECK(text.size() < 2000);
  CHECK(has(text, "xxx"));
}

TEST_CASE("an answer without end is cut off") {
  Site site;
  site.engine.faults.push_back(
      {"/json", Fault::ANSWER, 200, std::string(ENGINE_BODY_BYTES_MAX + 1, ' ')});
  CHECK(!site.failureOf(site.driver->start(web(), 1), DISCONNECTED).empty());
}

TEST_CASE("an event that makes no sense costs the stream, not the driver") {
  Site site;
  site.start(web());
  site.run(site.driver->list());
  site.engine.faults.push_back({"GET /events", Fault::ANSWER, 200, "no json\n"});
  site.engine.sendEvent(NAME, "start");  // ends the first stream; the second one is odd
  site.world.runFor(10000);
  site.engine.endProcess(NAME, 1);
  site.world.runFor(1000);
  CHECK(site.changes.size() == 1);
}

TEST_CASE("logs are told apart by stream, and a stranger's are not read") {
  Site site;
  struct Kept final : LogSink {
    kj::Promise<void> line(LogLine line) override {
      lines.push_back(line);
      return kj::READY_NOW;
    }
    std::vector<LogLine> lines;
  } kept;
  site.start(web());
  auto frame = [](char stream, const std::string& text) {
    return std::string{stream, 0, 0, 0, 0, 0, 0, char(text.size())} + text;
  };
  site.engine.log = frame(1, "2023-11-14T22:13:20.5Z one\n") +
                    frame(2, "2023-11-14T22:13:21Z two\n") +
                    frame(1, "2023-11-14T22:13:22Z three\n");
  LogOptions options;
  options.sinceMs = 1700000000600;
  options.tailLines = 10;
  site.run(site.driver->logs(web().id, options, kept));
  REQUIRE(kept.lines.size() == 2);
  CHECK(kept.lines[0] == LogLine{1700000001000, LogLine::Stream::ERR, "two"});
  CHECK(kept.lines[1].text == "three");
  CHECK(site.count("tail=10&since=1700000000") == 1);
  site.engine.log = "no frames at all";
  CHECK(!site.failureOf(site.driver->logs(web().id, options, kept), FAILED).empty());
  site.engine.faults.push_back({"/logs", Fault::ANSWER, 500, "{\"message\":\"log driver none\"}"});
  CHECK(has(site.failureOf(site.driver->logs(web().id, options, kept), FAILED), "log driver none"));
  site.run(site.driver->logs({"no", "such", "one", 0}, options, kept));
  CHECK(kept.lines.size() == 2);
}

}  // namespace skerry
