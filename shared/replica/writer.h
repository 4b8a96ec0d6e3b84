// Puts a daemon's changes on disk in the order they were made.
//
// Decisions move the state in memory at once and add their rows here; whatever leaves the process
// because of them first waits for durable(). All that is added in one turn of the loop, or while a
// transaction runs, is one transaction. There is never more than one on its way, so a failed one is
// followed by nothing: the state in memory is then ahead of the disk and must be loaded anew.
#pragma once
#include "shared/store/store.h"

namespace skerry {

class Writer final {
public:
  // `store` outlives this. `failed` is called once, from the loop, with the reason; from then on
  // durable() fails with it.
  Writer(Store& store, kj::Function<void(kj::Exception)> failed);
  KJ_DISALLOW_COPY(Writer);

  // Gathers, and writes nothing, until release(): what was decided while a state was only read
  // waits for a disk that is to be left alone.
  void hold() { held = true; }
  void release();

  // The transaction being gathered. Do not keep the reference across a wait.
  Batch& rows();
  // Resolves when everything added so far is durable; at once when nothing is on its way.
  kj::Promise<void> durable();

private:
  struct Group {
    Batch rows;
    kj::Own<kj::PromiseFulfiller<void>> done;
    kj::ForkedPromise<void> promise = nullptr;
  };
  kj::Own<Group> newGroup();
  void begin();
  kj::Promise<void> run();

  Store& store;
  kj::Function<void(kj::Exception)> failed;
  kj::Own<Group> gathering;
  kj::Maybe<kj::Own<Group>> committing;
  kj::Maybe<kj::Exception> failure;
  bool running = false, held = false;
  kj::Promise<void> task = kj::READY_NOW;
};

}  // namespace skerry
