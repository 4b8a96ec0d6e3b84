// The store over a database: forms groups on the loop's thread and gives the worker one job at a
// time, so that the same code runs on a thread and, in simulation, inline.
#pragma once
#include "shared/async/task.h"
#include "shared/store/database.h"
#include <deque>

namespace skerry {

class GroupStore final : public Store {
public:
  // `worker` works for this store alone, and is where the database may be touched.
  GroupStore(kj::Own<Worker> worker, kj::Own<Database> database, const StoreSettings& settings);
  ~GroupStore() noexcept(false);

  kj::Promise<uint64_t> commit(Batch batch) override;
  kj::Promise<kj::Maybe<Bytes>> get(Table table, kj::StringPtr document, BytesView key) override;
  kj::Promise<std::vector<Row>> scan(Table table, kj::StringPtr document) override;
  kj::Promise<std::vector<std::string>> documents(Table table) override;
  kj::Promise<Batch> dump() override;
  kj::Promise<void> close() override;

private:
  using Asker = kj::Own<kj::PromiseFulfiller<Answer>>;
  struct Waiting {
    Request request;
    Asker asker;
    size_t bytes;
  };
  struct Group {
    std::vector<Request> requests;
    std::vector<Asker> askers;
    std::vector<Answer> answers;
  };

  template <typename T>
  kj::Promise<T> ask(Request request);
  kj::Promise<Answer> enqueue(Request request);
  kj::Maybe<kj::Exception> refusal() const;
  void wake();
  Task<void> pump();
  Task<void> finish();
  bool leisureIsDue() const;
  Group takeGroup();
  static void settle(Group& group);
  void abandon(const kj::Exception& reason);
  kj::Exception disconnected(kj::StringPtr why) const;

  const StoreSettings settings;
  std::deque<Waiting> arrived;
  size_t arrivedBytes = 0;
  Group running;  // the worker's while a job runs
  bool pumping = false;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> closer;
  kj::Maybe<kj::Exception> closeFailure;  // the worker's while it closes
  kj::Maybe<kj::Exception> gone;  // why nothing more is accepted
  kj::Own<Database> database;
  kj::Own<Worker> worker;              // after what its jobs use
  kj::Promise<void> pumpTask = nullptr;
};

}  // namespace skerry
