#include "tier_site/drivers/engine_driver.h"
#include "tier_site/drivers/container_watch.h"
#include "tier_site/drivers/engine_json.h"
#include "tier_site/drivers/engine_logs.h"
#include "tier_site/drivers/refuse.h"
#include <kj/debug.h>

namespace skerry {

namespace {

class EngineDriver final : public Driver {
public:
  EngineDriver(Host& host, EngineDriverConfig c)
      : host(host), config(kj::mv(c)), client(host, config.socketPath), containers(client, config),
        containerWatch(host, client, containers, config, steps) {}

  kj::Promise<std::vector<Observed>> list() override;
  kj::Promise<Observed> start(const Rendered& rendered, uint64_t incarnation) override;
  kj::Promise<void> stop(InstanceId id, uint32_t graceMs) override;
  kj::Promise<void> remove(InstanceId id) override;
  void watch(kj::Function<void(const Observed&)> changed) override {
    containerWatch.onChange(kj::mv(changed));
  }
  kj::Promise<void> logs(InstanceId id, LogOptions options, LogSink& sink) override {
    return logsTask(kj::mv(id), options, sink);
  }

private:
  Task<Observed> startStep(Rendered rendered, uint64_t incarnation);
  Task<std::string> run(Rendered rendered);
  Task<Observed> stopStep(InstanceId id, uint32_t graceMs);
  Task<Observed> removeStep(InstanceId id);
  Task<void> logsTask(InstanceId id, LogOptions options, LogSink& sink);
  kj::Promise<void> discard(const InstanceId& id, const std::string& container) {
    containerWatch.forget(id);
    return containers.discard(id, container);
  }

  Host& host;
  const EngineDriverConfig config;
  EngineClient client;
  Containers containers;
  StepQueue steps;
  ContainerWatch containerWatch;
};

kj::Promise<std::vector<Observed>> EngineDriver::list() {
  containerWatch.listen();
  return containers.all().then([this](std::vector<Container> all) {
    std::vector<Observed> seen;
    for (auto& container : all)
      if (auto id = ownerOf(config, container)) seen.push_back(containerWatch.note(*id, container));
    return seen;
  });
}

kj::Promise<Observed> EngineDriver::start(const Rendered& rendered, uint64_t incarnation) {
  KJ_REQUIRE(isValid(rendered.id) && rendered.kind == RuntimeKind::CONTAINER && incarnation > 0,
             "not a container's instance", rendered.id.str().c_str(), incarnation);
  return steps.add(rendered.id, [this, rendered, incarnation]() -> kj::Promise<Observed> {
    return startStep(rendered, incarnation);
  });
}

Task<Observed> EngineDriver::startStep(Rendered r, uint64_t incarnation) {
  auto inspecting = containers.inspectOurs(r.id);
  auto found = co_await inspecting;
  if (found) {
    auto seen = containerWatch.note(r.id, *found);
    bool same = seen.digest == r.digest;
    bool begun = seen.state != Observed::State::STARTING;  // else an earlier attempt was cut short
    if (same && seen.incarnation >= incarnation && begun) co_return seen;
    if (seen.state == Observed::State::RUNNING)
      refuse(r.id, same ? "an earlier life still runs: stop it first"
                        : "another revision of it still runs: stop it first");
    if (begun || !same || seen.incarnation != incarnation) {
      auto discarding = discard(r.id, found->id);
      co_await discarding;
      found = {};
    }
  }
  if (!found) {
    auto creating = containers.create(r, incarnation, std::string());
    co_await creating;
  }
  auto running = run(r);
  auto why = co_await running;
  if (!why.empty() && isNetworkFailure(why) && r.network == NetworkMode::PRIVATE &&
      r.ports.empty()) {
    // Better without a way out than not at all, and said: most of what runs at a site needs none.
    auto alone = r;
    alone.network = NetworkMode::NONE;
    auto creating = containers.create(alone, incarnation,
                                      "without a network: this host's engine cannot make one (is "
                                      "iptables installed?)");
    co_await creating;
    auto runningAlone = run(alone);
    why = co_await runningAlone;
  }
  if (!why.empty()) refuse(r.id, explainEngineError(why, r));
  auto looking = containers.inspectOurs(r.id);
  found = co_await looking;
  if (!found) refuse(r.id, "its container vanished while it was started");
  co_return containerWatch.note(r.id, *found);
}

// Starts the container that was made. What the engine said against it, and nothing when it runs or
// ran; one that could not be started is removed.
Task<std::string> EngineDriver::run(Rendered r) {
  auto starting = containers.start(containerName(config, r.id));
  auto reply = co_await starting;
  auto looking = containers.inspectOurs(r.id);
  auto found = co_await looking;
  if (!found) co_return "its container vanished";
  auto seen = observedFrom(r.id, *found);
  bool begun = reply.isOk() && seen.state != Observed::State::STARTING;
  if (begun || found->running) co_return std::string();
  auto why = reply.isOk() ? found->error : decodeFailure(reply.body);
  auto discarding = discard(r.id, found->id);
  co_await discarding;
  co_return why.empty() ? std::string("no reason") : why;
}

kj::Promise<void> EngineDriver::stop(InstanceId id, uint32_t graceMs) {
  auto stopped = steps.add(id, [this, id, graceMs]() -> kj::Promise<Observed> {
    return stopStep(id, graceMs);
  });
  return stopped.ignoreResult();
}

Task<Observed> EngineDriver::stopStep(InstanceId id, uint32_t graceMs) {
  auto inspecting = containers.inspectOurs(id);
  auto found = co_await inspecting;
  if (!found) co_return Observed();
  if (!found->running) co_return containerWatch.note(id, *found);
  auto stopping = containers.stop(found->id, graceMs);
  auto reply = co_await stopping;
  for (uint32_t waitMs = ENGINE_SETTLE_MS; waitMs <= ENGINE_SETTLE_MS_MAX; waitMs *= 2) {
    auto looking = containers.inspect(found->id);
    auto now = co_await looking;
    if (!now) co_return Observed();
    if (!now->running) co_return containerWatch.note(id, *now);
    auto pause = host.timer.afterDelay(waitMs * kj::MILLISECONDS);
    co_await pause;
  }
  refuse(id, "the container engine cannot stop it: " + decodeFailure(reply.body));
}

kj::Promise<void> EngineDriver::remove(InstanceId id) {
  auto removed = steps.add(id, [this, id]() -> kj::Promise<Observed> { return removeStep(id); });
  return removed.ignoreResult();
}

Task<Observed> EngineDriver::removeStep(InstanceId id) {
  auto inspecting = containers.inspectOurs(id);
  auto found = co_await inspecting;
  if (found) {
    auto discarding = discard(id, found->id);
    co_await discarding;
  }
  co_return Observed();
}

// `sink` outlives the task.
Task<void> EngineDriver::logsTask(InstanceId id, LogOptions options, LogSink& sink) {
  auto inspecting = containers.inspectOurs(id);
  auto found = co_await inspecting;
  if (!found) co_return;
  auto reading = readEngineLogs(client, found->id, options, sink);
  co_await reading;
}

bool isSiteName(const std::string& name) {
  for (char c : name)
    if (!isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') return false;
  return !name.empty();
}

}  // namespace

kj::Own<Driver> newEngineDriver(Host& host, EngineDriverConfig config) {
  KJ_REQUIRE(isSiteName(config.site), "a site's name is part of its containers' names",
             config.site.c_str());
  return kj::heap<EngineDriver>(host, kj::mv(config));
}

}  // namespace skerry
