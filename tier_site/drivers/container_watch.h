// Tells what becomes of this site's containers. That one ended is known from its process, some
// fifty times sooner than by the engine's events; how it ended is asked of the engine. Events are
// only a hint to look again, as is the loss of their stream.
//
// A step that is under way on an instance (step_queue.h) sees for itself: nothing is told of that
// instance meanwhile.
#pragma once
#include "shared/host/host.h"
#include "tier_site/drivers/containers.h"
#include "tier_site/drivers/step_queue.h"

namespace skerry {

class ContainerWatch final : private kj::TaskSet::ErrorHandler {
public:
  // All outlive it.
  ContainerWatch(Host& host, EngineClient& client, Containers& containers,
                 const EngineDriverConfig& config, const StepQueue& steps);
  KJ_DISALLOW_COPY(ContainerWatch);

  void onChange(kj::Function<void(const Observed&)> callback) { changed = kj::mv(callback); }
  // What a step or list has seen: watched from now on, and not told.
  Observed note(const InstanceId& id, const Container& container);
  // It is removed, or about to be.
  void forget(const InstanceId& id);
  // From the first call on, the engine's events are listened to.
  void listen();

private:
  struct Followed {
    Observed last;
    uint64_t generation;  // tasks of an earlier one end by themselves
  };
  struct Look {
    bool answered;
    Containers::Found found;
  };

  bool isCurrent(const InstanceId& id, uint64_t generation) const;
  kj::Promise<Look> look(std::string nameOrId);
  void tell(const InstanceId& id, const Containers::Found& found);
  void tell(const Observed& seen);
  Task<void> follow(InstanceId id, uint64_t generation);
  Task<void> listenTask();
  Task<void> readEvents();
  Task<void> refresh(InstanceId id);
  Task<void> refreshAll();
  void taskFailed(kj::Exception&& reason) override;

  Host& host;
  EngineClient& client;
  Containers& containers;
  const EngineDriverConfig& config;
  const StepQueue& steps;
  kj::Function<void(const Observed&)> changed = [](const Observed&) {};
  std::map<InstanceId, Followed> followed;
  uint64_t generations = 0;
  bool listening = false;
  kj::TaskSet tasks;
};

}  // namespace skerry
