#include "tier_site/drivers/container_watch.h"
#include "tier_site/drivers/engine_json.h"
#include <kj/debug.h>

namespace skerry {

ContainerWatch::ContainerWatch(Host& host, EngineClient& client, Containers& containers,
                               const EngineDriverConfig& config, const StepQueue& steps)
    : host(host), client(client), containers(containers), config(config), steps(steps),
      tasks(*this) {}

void ContainerWatch::taskFailed(kj::Exception&& reason) {
  KJ_LOG(ERROR, "watching the container engine failed", reason);
}

Observed ContainerWatch::note(const InstanceId& id, const Container& container) {
  auto seen = observedFrom(id, container);
  if (seen.pid > 0) seen.startTicks = host.processes.startTime(seen.pid);
  auto found = followed.find(id);
  bool same = found != followed.end() && found->second.last.container == seen.container &&
              found->second.last.pid == seen.pid;
  if (same) {
    found->second.last = seen;
    return seen;
  }
  auto generation = ++generations;
  followed[id] = {seen, generation};
  if (seen.state == Observed::State::RUNNING) tasks.add(follow(id, generation));
  return seen;
}

void ContainerWatch::forget(const InstanceId& id) { followed.erase(id); }

bool ContainerWatch::isCurrent(const InstanceId& id, uint64_t generation) const {
  auto found = followed.find(id);
  return found != followed.end() && found->second.generation == generation;
}

kj::Promise<ContainerWatch::Look> ContainerWatch::look(std::string nameOrId) {
  return containers.inspect(kj::mv(nameOrId))
      .then([](Containers::Found found) { return Look{true, kj::mv(found)}; },
            [](kj::Exception&&) { return Look{false, {}}; });
}

// --- Telling

void ContainerWatch::tell(const Observed& seen) {
  auto found = followed.find(seen.id);
  if (found == followed.end() || found->second.last == seen) return;
  found->second.last = seen;
  changed(seen);
}

void ContainerWatch::tell(const InstanceId& id, const Containers::Found& container) {
  auto before = followed.find(id);
  if (container && ownerOf(config, *container) == id) {
    bool isNew = before == followed.end();
    auto last = isNew ? Observed() : before->second.last;
    auto seen = note(id, *container);
    if (isNew || seen != last) changed(seen);
    return;
  }
  if (before == followed.end()) return;
  auto gone = before->second.last;
  followed.erase(before);
  gone.state = Observed::State::EXITED;
  gone.pid = 0;
  gone.exitCode = -1;
  gone.reason = "its container was removed by hand";
  changed(gone);
}

// --- One container's process

Task<void> ContainerWatch::follow(InstanceId id, uint64_t generation) {
  auto running = followed[id].last;
  auto exiting = host.processes.onExit(running.pid);
  co_await exiting;
  // An engine in another process table tells a pid that means nothing here: then this asks for
  // ever, now and then.
  for (uint32_t waitMs = ENGINE_SETTLE_MS;; waitMs = kj::min(2 * waitMs, ENGINE_SETTLE_MS_MAX)) {
    if (!isCurrent(id, generation)) co_return;
    if (steps.pending(id) == 0) {
      auto looking = look(running.container);
      auto now = co_await looking;
      if (!isCurrent(id, generation)) co_return;
      bool same = now.found && now.found->running && now.found->pid == running.pid;
      if (now.answered && !same && steps.pending(id) == 0) {
        tell(id, now.found);
        co_return;
      }
      if (!now.answered && host.processes.startTime(running.pid) != running.startTicks) {
        auto dead = running;
        dead.state = Observed::State::EXITED;
        dead.pid = 0;
        dead.exitCode = -1;
        dead.reason = "the container engine does not answer how it ended";
        tell(dead);
      }
    }
    auto pause = host.timer.afterDelay(waitMs * kj::MILLISECONDS);
    co_await pause;
  }
}

// --- The engine's events

void ContainerWatch::listen() {
  if (listening) return;
  listening = true;
  tasks.add(listenTask());
}

Task<void> ContainerWatch::listenTask() {
  for (uint32_t waitMs = ENGINE_RETRY_MS;;) {
    kj::Promise<void> reading = readEvents();
    auto ended = reading.catch_([](kj::Exception&&) {});  // steps tell whether the engine is there
    co_await ended;
    auto pause = host.timer.afterDelay(waitMs * kj::MILLISECONDS);
    co_await pause;
    kj::Promise<void> refreshing = refreshAll();
    auto answered = refreshing.then([]() { return true; }, [](kj::Exception&&) { return false; });
    waitMs = co_await answered ? ENGINE_RETRY_MS : kj::min(2 * waitMs, ENGINE_RETRY_MS_MAX);
  }
}

// By label only: asked for deaths, Podman 4.3 sends nothing.
Task<void> ContainerWatch::readEvents() {
  auto filter = labelFilter("skerry.site=" + config.site);
  auto opening = client.stream(kj::str("/events?filters=", filter));
  auto stream = co_await opening;
  std::string buffered;
  char chunk[4096];
  for (;;) {
    auto reading = stream->tryRead(chunk, 1, sizeof chunk);
    size_t size = co_await reading;
    if (size == 0) co_return;
    buffered.append(chunk, size);
    for (size_t end; (end = buffered.find('\n')) != buffered.npos;) {
      auto instance = decodeEvent(buffered.substr(0, end));
      buffered.erase(0, end + 1);
      auto id = parseInstanceId(instance);
      if (id) tasks.add(refresh(*id));
    }
    KJ_REQUIRE(buffered.size() <= ENGINE_LINE_BYTES_MAX, "an event of the engine is too long");
  }
}

Task<void> ContainerWatch::refresh(InstanceId id) {
  if (steps.pending(id) > 0) co_return;
  auto looking = look(containerName(config, id));
  auto now = co_await looking;
  if (now.answered && steps.pending(id) == 0) tell(id, now.found);
}

Task<void> ContainerWatch::refreshAll() {
  auto listing = containers.all();
  auto all = co_await listing;
  std::map<InstanceId, Containers::Found> found;
  for (auto& [id, last] : followed) found[id] = {};
  for (auto& container : all)
    if (auto id = ownerOf(config, container)) found[*id] = kj::mv(container);
  for (auto& [id, container] : found)
    if (steps.pending(id) == 0) tell(id, container);
}

}  // namespace skerry
