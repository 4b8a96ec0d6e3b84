#include "shared/async/task.h"
#include "shared/async/worker.h"
#include <kj/debug.h>
#include <deque>

namespace skerry {

namespace {

class InlineWorker final : public Worker {
public:
  explicit InlineWorker(kj::Function<kj::Promise<void>()> pause) : pause(kj::mv(pause)) {}

  ~InlineWorker() noexcept(false) {
    task = nullptr;
    for (auto& job : jobs) {
      job.done->reject(KJ_EXCEPTION(DISCONNECTED, "the worker ended before this job began"));
    }
  }

  kj::Promise<void> run(kj::Function<void()> body) override {
    auto paf = kj::newPromiseAndFulfiller<void>();
    jobs.push_back({kj::mv(body), kj::mv(paf.fulfiller)});
    if (!working) {
      working = true;
      task = kj::Promise<void>(work()).eagerlyEvaluate([](kj::Exception&& reason) {
        KJ_LOG(FATAL, "the pause of an inline worker failed: no job runs any more", reason);
      });
    }
    return kj::mv(paf.promise);
  }

private:
  struct Job {
    kj::Function<void()> body;
    kj::Own<kj::PromiseFulfiller<void>> done;
  };

  Task<void> work() {
    while (!jobs.empty()) {
      auto pausing = pause();
      co_await pausing;
      auto job = kj::mv(jobs.front());
      jobs.pop_front();
      KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&job]() { job.body(); })) {
        job.done->reject(kj::mv(*reason));
      } else {
        job.done->fulfill();
      }
    }
    working = false;
  }

  kj::Function<kj::Promise<void>()> pause;
  std::deque<Job> jobs;
  bool working = false;
  kj::Promise<void> task = nullptr;
};

}  // namespace

kj::Own<Worker> newInlineWorker(kj::Function<kj::Promise<void>()> pause) {
  return kj::heap<InlineWorker>(kj::mv(pause));
}

}  // namespace skerry
