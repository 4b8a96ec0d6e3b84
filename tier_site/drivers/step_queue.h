// Carries out steps one after the other per instance, and at the same time for different instances.
// A step once begun goes on though nobody waits for it any more; it ends with the queue.
#pragma once
#include "tier_site/drivers/instance.h"
#include <kj/async.h>
#include <kj/function.h>
#include <map>

namespace skerry {

class StepQueue final : private kj::TaskSet::ErrorHandler {
public:
  using Step = kj::Function<kj::Promise<Observed>()>;

  StepQueue() : tasks(*this) {}
  KJ_DISALLOW_COPY(StepQueue);

  // Outcome of `step`, a failure included. Steps of one instance run in the order of add().
  kj::Promise<Observed> add(const InstanceId& id, Step step);
  // How many steps of the instance are not done yet.
  size_t pending(const InstanceId& id) const;

private:
  struct Lane {
    kj::ForkedPromise<void> last = nullptr;
    size_t pending = 0;
  };
  void taskFailed(kj::Exception&& reason) override;
  void done(const InstanceId& id);

  std::map<InstanceId, Lane> lanes;
  kj::TaskSet tasks;
};

}  // namespace skerry
