#include "shared/async/worker.h"
#include <kj/debug.h>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <signal.h>
#include <thread>

namespace skerry {

namespace {

class ThreadWorker final : public Worker {
public:
  ThreadWorker() : thread([this]() { work(); }) {}

  ~ThreadWorker() noexcept(false) {
    std::deque<Job> dropped;
    {
      std::unique_lock lock(mutex);
      stopping = true;
      dropped.swap(jobs);
    }
    changed.notify_one();
    thread.join();
    for (auto& job : dropped) {
      job.done->reject(KJ_EXCEPTION(DISCONNECTED, "the worker ended before this job began"));
    }
  }

  kj::Promise<void> run(kj::Function<void()> body) override {
    auto paf = kj::newPromiseAndCrossThreadFulfiller<void>();
    {
      std::unique_lock lock(mutex);
      jobs.push_back({kj::mv(body), kj::mv(paf.fulfiller)});
    }
    changed.notify_one();
    return kj::mv(paf.promise);
  }

private:
  struct Job {
    kj::Function<void()> body;
    kj::Own<kj::CrossThreadPromiseFulfiller<void>> done;
  };

  void work() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);  // signals belong to the loop's thread
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this]() { return stopping || !jobs.empty(); });
      if (stopping) return;
      auto job = kj::mv(jobs.front());
      jobs.pop_front();
      lock.unlock();
      KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&job]() { job.body(); })) {
        job.done->reject(kj::mv(*reason));
      } else {
        job.done->fulfill();
      }
      lock.lock();
    }
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;
  bool stopping = false;
  std::thread thread;  // last: it uses all of the above
};

}  // namespace

kj::Own<Worker> newThreadWorker() { return kj::heap<ThreadWorker>(); }

}  // namespace skerry
