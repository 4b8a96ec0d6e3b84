// Runs jobs off the loop's thread, one at a time, in the order given.
#pragma once
#include <kj/async.h>
#include <kj/function.h>

namespace skerry {

// A job that has begun runs to its end: dropping the promise only stops it from being reported.
// The destructor returns when no job runs any more; jobs not begun are dropped, and their promises
// fail DISCONNECTED.
class Worker {
public:
  virtual ~Worker() noexcept(false) {}
  virtual kj::Promise<void> run(kj::Function<void()> job) = 0;
};

// A thread of its own. Results come back by a cross-thread fulfiller.
kj::Own<Worker> newThreadWorker();

// The caller's thread. `pause` stands for the time the disk takes; it is what lets a group form.
kj::Own<Worker> newInlineWorker(kj::Function<kj::Promise<void>()> pause);

}  // namespace skerry
