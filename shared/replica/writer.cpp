#include "shared/replica/writer.h"
#include <kj/debug.h>

namespace skerry {

Writer::Writer(Store& store, kj::Function<void(kj::Exception)> failed)
    : store(store), failed(kj::mv(failed)), gathering(newGroup()) {}

kj::Own<Writer::Group> Writer::newGroup() {
  auto group = kj::heap<Group>();
  auto pair = kj::newPromiseAndFulfiller<void>();
  group->done = kj::mv(pair.fulfiller);
  group->promise = pair.promise.fork();
  return group;
}

Batch& Writer::rows() {
  begin();
  return gathering->rows;
}

void Writer::begin() {
  if (running || held || failure != nullptr) return;
  running = true;
  task = kj::evalLater([this] { return run(); }).eagerlyEvaluate(nullptr);
}

void Writer::release() {
  held = false;
  begin();
}

kj::Promise<void> Writer::durable() {
  KJ_IF_MAYBE(reason, failure) return kj::cp(*reason);
  if (!gathering->rows.empty()) return gathering->promise.addBranch();
  KJ_IF_MAYBE(group, committing) return (*group)->promise.addBranch();
  return kj::READY_NOW;
}

kj::Promise<void> Writer::run() {
  if (gathering->rows.empty()) {
    running = false;
    return kj::READY_NOW;
  }
  auto& group = *committing.emplace(kj::mv(gathering));
  gathering = newGroup();
  return store.commit(kj::mv(group.rows)).then([this](uint64_t) {
    auto done = kj::mv(KJ_ASSERT_NONNULL(committing));
    committing = nullptr;
    auto next = run();  // the disk works while the loop answers
    done->done->fulfill();
    return next;
  }, [this](kj::Exception&& reason) -> kj::Promise<void> {
    failure = kj::cp(reason);
    running = false;
    KJ_ASSERT_NONNULL(committing)->done->reject(kj::cp(reason));
    gathering->done->reject(kj::cp(reason));
    failed(kj::mv(reason));
    return kj::READY_NOW;
  });
}

}  // namespace skerry
