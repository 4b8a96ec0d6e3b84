// The containers of this site in one engine.
#pragma once
#include "shared/async/task.h"
#include "tier_site/drivers/container.h"
#include "tier_site/drivers/driver_limits.h"
#include "tier_site/drivers/engine_client.h"

namespace skerry {

class Containers {
public:
  using Found = std::optional<Container>;

  // Both outlive it, and it its promises.
  Containers(EngineClient& client, const EngineDriverConfig& config)
      : client(client), config(config) {}

  // By name or id; nothing when there is none.
  kj::Promise<Found> inspect(std::string nameOrId);
  // The one of an instance. FAILED when a container of that name is somebody else's.
  kj::Promise<Found> inspectOurs(const InstanceId& id);
  kj::Promise<std::vector<Container>> all();
  // Makes it; so does a repetition. FAILED with the cause in words. `finding` as in container.h.
  kj::Promise<void> create(Rendered rendered, uint64_t incarnation, std::string finding);
  // Any of these may be refused because it is done already: look afterwards.
  kj::Promise<EngineClient::Reply> start(const std::string& container);
  kj::Promise<EngineClient::Reply> stop(const std::string& container, uint32_t graceMs);
  // Kills it if need be. Resolves once it is gone.
  kj::Promise<void> discard(InstanceId id, std::string container);

private:
  using Method = EngineClient::Method;
  kj::Promise<EngineClient::Reply> ask(Method method, kj::String path,
                                       uint32_t timeoutMs = ENGINE_CALL_MS);
  Task<std::vector<Container>> allTask();
  Task<void> createTask(Rendered rendered, uint64_t incarnation, std::string finding);
  Task<void> requireImage(Rendered rendered);
  Task<bool> tenantGroups();
  Task<void> discardTask(InstanceId id, std::string container);

  EngineClient& client;
  const EngineDriverConfig& config;
  std::optional<bool> groupsOfOurOwn;
};

}  // namespace skerry
