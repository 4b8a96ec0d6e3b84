#include "test/sim/memory_store.h"
#include "shared/async/task.h"
#include <kj/debug.h>
#include <list>
#include <optional>
#include <set>

namespace skerry {

namespace {

constexpr uint64_t DELAY_TURNS_MAX = 12;

using Documents = std::set<std::string>;

// A batch under way: its writes lie over the stored rows until all of it has succeeded.
class Overlay {
public:
  explicit Overlay(StoredRows& below) : below(below) {}

  void apply(const Batch::Step& step) {
    StoredRows::Key key {step.document, step.table, step.key};
    switch (step.verb) {
      case Batch::Verb::PUT: changed[key] = step.value; break;
      case Batch::Verb::ERASE: changed[key] = std::nullopt; break;
      case Batch::Verb::ERASE_ALL: eraseAll(step); break;
      case Batch::Verb::EXPECT: require(find(key) == std::optional(step.value)); break;
      case Batch::Verb::EXPECT_ABSENT: require(!find(key).has_value()); break;
    }
  }

  void settle() {
    for (auto& [key, value] : changed) {
      if (value.has_value()) below.rows[key] = *value; else below.rows.erase(key);
    }
  }

private:
  static void require(bool holds) {
    if (!holds) kj::throwFatalException(KJ_EXCEPTION(FAILED, "conflict"));
  }

  std::optional<Bytes> find(const StoredRows::Key& key) {
    if (auto found = changed.find(key); found != changed.end()) return found->second;
    if (auto found = below.rows.find(key); found != below.rows.end()) return found->second;
    return std::nullopt;
  }

  void eraseAll(const Batch::Step& step) {
    auto covers = [&](const StoredRows::Key& key) {
      return std::get<0>(key) == step.document && std::get<1>(key) == step.table;
    };
    for (auto& entry : changed) {
      if (covers(entry.first)) entry.second = std::nullopt;
    }
    for (auto& entry : below.rows) {
      if (covers(entry.first)) changed[entry.first] = std::nullopt;
    }
  }

  StoredRows& below;
  std::map<StoredRows::Key, std::optional<Bytes>> changed;
};

class MemoryStore final : public Store, private kj::TaskSet::ErrorHandler {
public:
  MemoryStore(StoredRows& stored, SeededEntropy entropy)
      : stored(stored), entropy(entropy), delays(*this) {}

  ~MemoryStore() noexcept(false) {
    for (auto& operation : waiting) operation->fail("the store was dropped");
    KJ_IF_MAYBE(fulfiller, closer) {
      (*fulfiller)->reject(KJ_EXCEPTION(DISCONNECTED, "the store was dropped"));
    }
  }

  kj::Promise<uint64_t> commit(Batch batch) override {
    Documents documents;
    for (auto& step : batch.steps()) documents.insert(step.document);
    return enqueue<uint64_t>(kj::mv(documents), [this, batch = kj::mv(batch)]() {
      Overlay overlay(stored);
      for (auto& step : batch.steps()) overlay.apply(step);
      overlay.settle();
      return ++stored.version;
    });
  }

  kj::Promise<kj::Maybe<Bytes>> get(Table table, kj::StringPtr document, BytesView key) override {
    StoredRows::Key wanted {text(document), table, copy(key)};
    Documents documents {text(document)};
    return enqueue<kj::Maybe<Bytes>>(kj::mv(documents), [this, wanted]() -> kj::Maybe<Bytes> {
      auto found = stored.rows.find(wanted);
      if (found == stored.rows.end()) return nullptr;
      return Bytes(found->second);
    });
  }

  kj::Promise<std::vector<Row>> scan(Table table, kj::StringPtr document) override {
    StoredRows::Key first {text(document), table, Bytes()};
    return enqueue<std::vector<Row>>(Documents {text(document)}, [this, first]() {
      std::vector<Row> rows;
      for (auto i = stored.rows.lower_bound(first); i != stored.rows.end(); ++i) {
        auto& [document, table, key] = i->first;
        if (document != std::get<0>(first) || table != std::get<1>(first)) break;
        rows.push_back({key, i->second});
      }
      return rows;
    });
  }

  kj::Promise<std::vector<std::string>> documents(Table table) override {
    return enqueue<std::vector<std::string>>(nullptr, [this, table]() {
      Documents names;
      for (auto& entry : stored.rows) {
        if (std::get<1>(entry.first) == table) names.insert(std::get<0>(entry.first));
      }
      return std::vector<std::string>(names.begin(), names.end());
    });
  }

  kj::Promise<Batch> dump() override {
    return enqueue<Batch>(nullptr, [this]() {
      Batch all;
      for (auto& [key, value] : stored.rows) {
        auto& [document, table, name] = key;
        all.put(table, document.c_str(), view(name), view(value));
      }
      return all;
    });
  }

  kj::Promise<void> close() override {
    KJ_REQUIRE(closer == nullptr, "a store is closed once");
    auto paf = kj::newPromiseAndFulfiller<void>();
    closer = kj::mv(paf.fulfiller);
    performWhatMay();
    return kj::mv(paf.promise);
  }

private:
  struct Operation {
    virtual ~Operation() noexcept(false) {}
    virtual void perform() = 0;
    virtual void fail(kj::StringPtr why) = 0;
    kj::Maybe<Documents> documents;  // null: all of them
    bool delayed = true;
  };

  template <typename T>
  struct Asked final : Operation {
    kj::Own<kj::PromiseFulfiller<T>> asker;
    kj::Function<T()> body;
    void perform() override {
      KJ_IF_MAYBE(reason, kj::runCatchingExceptions([this]() { asker->fulfill(body()); })) {
        asker->reject(kj::mv(*reason));
      }
    }
    void fail(kj::StringPtr why) override {
      asker->reject(kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                                  kj::str(why)));
    }
  };

  template <typename T>
  kj::Promise<T> enqueue(kj::Maybe<Documents> documents, kj::Function<T()> body) {
    if (closer != nullptr) return KJ_EXCEPTION(DISCONNECTED, "the store is closed");
    if (waiting.size() >= STORE_WAITING_MAX) {
      return KJ_EXCEPTION(OVERLOADED, "the store does not keep up: try again later");
    }
    auto paf = kj::newPromiseAndFulfiller<T>();
    auto operation = kj::heap<Asked<T>>();
    operation->asker = kj::mv(paf.fulfiller);
    operation->body = kj::mv(body);
    operation->documents = kj::mv(documents);
    delays.add(delay(*operation, entropy.between(0, DELAY_TURNS_MAX)));
    waiting.push_back(kj::mv(operation));
    return kj::mv(paf.promise);
  }

  // `operation` waits in the list at least until it was delayed.
  Task<void> delay(Operation& operation, uint64_t turns) {
    for (uint64_t i = 0; i <= turns; ++i) {
      auto turn = kj::evalLater([]() {});
      co_await turn;
    }
    operation.delayed = false;
    performWhatMay();
  }

  // In the order of the calls, except past what still waits for its delay elsewhere.
  void performWhatMay() {
    Documents blocked;
    bool allBlocked = false;
    for (auto i = waiting.begin(); i != waiting.end() && !allBlocked;) {
      auto& operation = **i;
      bool mustWait = operation.delayed || isBlocked(operation, blocked);
      if (mustWait) {
        KJ_IF_MAYBE(names, operation.documents) {
          blocked.insert(names->begin(), names->end());
        } else {
          allBlocked = true;
        }
        ++i;
        continue;
      }
      operation.perform();
      i = waiting.erase(i);
    }
    if (!waiting.empty()) return;
    KJ_IF_MAYBE(fulfiller, closer) (*fulfiller)->fulfill();
  }

  static bool isBlocked(const Operation& operation, const Documents& blocked) {
    KJ_IF_MAYBE(names, operation.documents) {
      for (auto& name : *names) {
        if (blocked.count(name)) return true;
      }
      return false;
    }
    return !blocked.empty();
  }

  void taskFailed(kj::Exception&& reason) override { KJ_FAIL_ASSERT("a delay failed", reason); }

  StoredRows& stored;
  SeededEntropy entropy;
  std::list<kj::Own<Operation>> waiting;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> closer;
  kj::TaskSet delays;
};

}  // namespace

kj::Own<Store> newMemoryStore(StoredRows& stored, SeededEntropy entropy) {
  return kj::heap<MemoryStore>(stored, entropy);
}

}  // namespace skerry
