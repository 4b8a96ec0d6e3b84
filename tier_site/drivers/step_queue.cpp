#include "tier_site/drivers/step_queue.h"
#include <kj/debug.h>

namespace skerry {

namespace {

// One step and who waits for it.
struct Job {
  StepQueue::Step step;
  kj::Own<kj::PromiseFulfiller<Observed>> fulfiller;
};

}  // namespace

kj::Promise<Observed> StepQueue::add(const InstanceId& id, Step step) {
  auto paf = kj::newPromiseAndFulfiller<Observed>();
  auto job = kj::heap<Job>(Job{kj::mv(step), kj::mv(paf.fulfiller)});
  auto& lane = lanes[id];
  kj::Promise<void> turn = nullptr;
  if (lane.pending++ == 0) turn = kj::evalLater([] {});
  else turn = lane.last.addBranch();
  // Done before it is told: whoever hears of it may ask for the next step, or for none.
  auto told = [this, id, &job = *job](Observed&& observed) {
    done(id);
    job.fulfiller->fulfill(kj::mv(observed));
  };
  auto failed = [this, id, &job = *job](kj::Exception&& e) {
    done(id);
    job.fulfiller->reject(kj::mv(e));
  };
  auto run = turn.then([&job = *job]() { return job.step(); })
                 .then(kj::mv(told), kj::mv(failed))
                 .attach(kj::mv(job));
  lane.last = run.fork();
  tasks.add(lane.last.addBranch());
  return kj::mv(paf.promise);
}

size_t StepQueue::pending(const InstanceId& id) const {
  auto lane = lanes.find(id);
  return lane == lanes.end() ? 0 : lane->second.pending;
}

void StepQueue::done(const InstanceId& id) {
  auto lane = lanes.find(id);
  // The fork that runs this very code is held by the task set, not only by the lane.
  if (--lane->second.pending == 0) lanes.erase(lane);
}

void StepQueue::taskFailed(kj::Exception&& reason) {
  KJ_FAIL_ASSERT("a step reports its failure to its caller, never here", reason);
}

}  // namespace skerry
