// Counts what changed of all that a daemon shows, and wakes those who wait to show it anew.
#pragma once
#include <kj/async.h>
#include <cstdint>

namespace skerry {

class Changes final {
public:
  Changes() { arm(); }
  KJ_DISALLOW_COPY(Changes);

  void note() {
    ++noted;
    wake->fulfill();
    arm();
  }
  uint64_t count() const { return noted; }
  // Resolves at the next one.
  kj::Promise<void> next() { return woken.addBranch(); }

private:
  void arm() {
    auto pair = kj::newPromiseAndFulfiller<void>();
    wake = kj::mv(pair.fulfiller);
    woken = pair.promise.fork();
  }
  uint64_t noted = 1;  // who waits for more than 0 hears at once
  kj::Own<kj::PromiseFulfiller<void>> wake;
  kj::ForkedPromise<void> woken = nullptr;
};

}  // namespace skerry
