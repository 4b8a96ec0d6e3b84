// A Store that commits when the test says so: what waits for the disk can be looked at.
#pragma once
#include "shared/store/store.h"
#include <kj/debug.h>
#include <deque>
#include <map>

namespace skerry {

class HandStore final : public Store {
public:
  using Key = std::tuple<std::string, Table, Bytes>;
  std::map<Key, Bytes> rows;
  std::vector<Batch> batches;   // as they came
  bool byHand = false;          // else each commit is durable at once
  kj::Maybe<kj::Exception> failure;

  // Makes the oldest waiting batch durable.
  void commitOne() {
    KJ_REQUIRE(!waiting.empty(), "nothing waits for the disk");
    auto done = kj::mv(waiting.front());
    waiting.pop_front();
    KJ_IF_MAYBE(reason, failure) return done.fulfiller->reject(kj::cp(*reason));
    apply(batches[done.index]);
    done.fulfiller->fulfill(done.index + 1);
  }
  size_t waitingCount() const { return waiting.size(); }
  size_t stepCount() const {
    size_t steps = 0;
    for (auto& batch : batches) steps += batch.steps().size();
    return steps;
  }

  kj::Promise<uint64_t> commit(Batch batch) override {
    batches.push_back(kj::mv(batch));
    auto pair = kj::newPromiseAndFulfiller<uint64_t>();
    waiting.push_back({batches.size() - 1, kj::mv(pair.fulfiller)});
    if (!byHand) commitOne();
    return kj::mv(pair.promise);
  }
  kj::Promise<kj::Maybe<Bytes>> get(Table table, kj::StringPtr document, BytesView key) override {
    auto found = rows.find({text(document), table, copy(key)});
    if (found == rows.end()) return kj::Maybe<Bytes>();
    return kj::Maybe<Bytes>(found->second);
  }
  kj::Promise<std::vector<Row>> scan(Table table, kj::StringPtr document) override {
    std::vector<Row> found;
    for (auto& [key, value] : rows) {
      if (std::get<0>(key) == text(document) && std::get<1>(key) == table) {
        found.push_back({std::get<2>(key), value});
      }
    }
    return found;
  }
  kj::Promise<std::vector<std::string>> documents(Table) override {
    return std::vector<std::string>();
  }
  kj::Promise<Batch> dump() override {
    Batch all;
    for (auto& [key, value] : rows) {
      auto& [document, table, name] = key;
      all.put(table, document.c_str(), view(name), view(value));
    }
    return kj::mv(all);
  }
  kj::Promise<void> close() override { return kj::READY_NOW; }

private:
  struct Waiting {
    size_t index;
    kj::Own<kj::PromiseFulfiller<uint64_t>> fulfiller;
  };
  void apply(const Batch& batch) {
    for (auto& step : batch.steps()) {
      Key key{step.document, step.table, step.key};
      if (step.verb == Batch::Verb::PUT) rows[key] = step.value;
      if (step.verb == Batch::Verb::ERASE) rows.erase(key);
      if (step.verb == Batch::Verb::ERASE_ALL) {
        std::erase_if(rows, [&](auto& row) {
          return std::get<0>(row.first) == step.document && std::get<1>(row.first) == step.table;
        });
      }
    }
  }

  std::deque<Waiting> waiting;
};

}  // namespace skerry
