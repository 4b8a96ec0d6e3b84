#include "shared/store/group_store.h"
#include <kj/debug.h>

namespace skerry {

namespace {

// What a request weighs against the bounds.
size_t bytesOf(const Request& request) {
  size_t bytes = 0;
  KJ_IF_MAYBE(batch, request.tryGet<Batch>()) {
    for (auto& step : batch->steps()) {
      bytes += step.document.size() + step.key.size() + step.value.size();
    }
  }
  return bytes;
}

}  // namespace

GroupStore::GroupStore(kj::Own<Worker> worker, kj::Own<Database> database,
                       const StoreSettings& settings)
    : settings(settings), database(kj::mv(database)), worker(kj::mv(worker)) {}

// The worker goes first: once it is destroyed no job runs, and what it finished is answered.
GroupStore::~GroupStore() noexcept(false) {
  pumpTask = nullptr;
  worker = nullptr;
  abandon(disconnected("the store was dropped"));
}

kj::Exception GroupStore::disconnected(kj::StringPtr why) const {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                       kj::str(why, "; file ", settings.path.c_str()));
}

template <typename T>
kj::Promise<T> GroupStore::ask(Request request) {
  return enqueue(kj::mv(request)).then([](Answer&& answer) -> T {
    KJ_IF_MAYBE(reason, answer.tryGet<kj::Exception>()) kj::throwFatalException(kj::mv(*reason));
    return kj::mv(answer.get<T>());
  });
}

kj::Promise<uint64_t> GroupStore::commit(Batch batch) { return ask<uint64_t>(kj::mv(batch)); }

kj::Promise<kj::Maybe<Bytes>> GroupStore::get(Table table, kj::StringPtr document, BytesView key) {
  return ask<kj::Maybe<Bytes>>(GetRow {table, text(document), copy(key)});
}

kj::Promise<std::vector<Row>> GroupStore::scan(Table table, kj::StringPtr document) {
  return ask<std::vector<Row>>(ScanRows {table, text(document)});
}

kj::Promise<std::vector<std::string>> GroupStore::documents(Table table) {
  return ask<std::vector<std::string>>(ListDocuments {table});
}

kj::Promise<Batch> GroupStore::dump() { return ask<Batch>(DumpRows {}); }

kj::Promise<void> GroupStore::close() {
  KJ_REQUIRE(closer == nullptr, "a store is closed once", settings.path.c_str());
  KJ_IF_MAYBE(reason, gone) return kj::cp(*reason);
  auto paf = kj::newPromiseAndFulfiller<void>();
  closer = kj::mv(paf.fulfiller);
  wake();
  return kj::mv(paf.promise);
}

kj::Maybe<kj::Exception> GroupStore::refusal() const {
  KJ_IF_MAYBE(reason, gone) return kj::cp(*reason);
  if (closer != nullptr) return disconnected("the store is closed");
  if (arrived.size() >= settings.waitingMax || arrivedBytes >= settings.waitingBytesMax) {
    return KJ_EXCEPTION(OVERLOADED, "the disk does not keep up: try again later",
                        arrived.size(), arrivedBytes);
  }
  return nullptr;
}

kj::Promise<Answer> GroupStore::enqueue(Request request) {
  KJ_IF_MAYBE(reason, refusal()) return kj::mv(*reason);
  auto paf = kj::newPromiseAndFulfiller<Answer>();
  size_t bytes = bytesOf(request);
  arrivedBytes += bytes;
  arrived.push_back({kj::mv(request), kj::mv(paf.fulfiller), bytes});
  wake();
  return kj::mv(paf.promise);
}

void GroupStore::wake() {
  if (pumping) return;
  pumping = true;
  pumpTask = kj::Promise<void>(pump()).eagerlyEvaluate([this](kj::Exception&& reason) {
    // The worker itself failed, so whether its job ran is not known.
    abandon(disconnected(kj::str("the store's worker failed: ", reason.getDescription())));
  });
}

// The next group is handed over before the last one's promises are fulfilled, so that the disk
// works while the loop answers. Upkeep comes after the answers it would delay.
Task<void> GroupStore::pump() {
  Group answered;
  while (!arrived.empty() || (closer == nullptr && leisureIsDue())) {
    if (!arrived.empty()) {
      running = takeGroup();
      auto transaction = worker->run([this]() {
        running.answers = database->run({running.requests.data(), running.requests.size()});
      });
      settle(answered);
      co_await transaction;
      answered = kj::mv(running);
    }
    if (!leisureIsDue()) continue;
    auto upkeep = worker->run([this]() {
      if (database->upkeepIsDue()) database->upkeep(); else database->tidy();
    });
    settle(answered);
    co_await upkeep;
  }
  settle(answered);
  if (closer != nullptr) {
    auto finishing = finish();
    co_await finishing;
  }
  pumping = false;
}

// Work that no request waits for.
bool GroupStore::leisureIsDue() const {
  return database->upkeepIsDue() || (arrived.empty() && database->tidyingIsDue());
}

Task<void> GroupStore::finish() {
  auto closing = worker->run([this]() {
    closeFailure = kj::runCatchingExceptions([this]() { database->close(); });
  });
  co_await closing;
  gone = disconnected("the store is closed");
  auto& fulfiller = KJ_ASSERT_NONNULL(closer);
  KJ_IF_MAYBE(reason, closeFailure) {
    fulfiller->reject(kj::mv(*reason));
  } else {
    fulfiller->fulfill();
  }
}

GroupStore::Group GroupStore::takeGroup() {
  size_t count = 0, bytes = 0;
  while (count < arrived.size() && count < GROUP_REQUESTS_MAX && bytes < GROUP_BYTES_MAX) {
    bytes += arrived[count++].bytes;
  }
  Group group;
  group.requests.reserve(count);
  group.askers.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    auto& first = arrived.front();
    group.requests.push_back(kj::mv(first.request));
    group.askers.push_back(kj::mv(first.asker));
    arrived.pop_front();
  }
  arrivedBytes -= bytes;
  return group;
}

void GroupStore::settle(Group& group) {
  for (size_t i = 0; i < group.answers.size(); ++i) {
    group.askers[i]->fulfill(kj::mv(group.answers[i]));
  }
  group = Group();
}

// Answers what the worker still finished, and fails the rest.
void GroupStore::abandon(const kj::Exception& reason) {
  gone = kj::cp(reason);
  for (size_t i = running.answers.size(); i < running.askers.size(); ++i) {
    running.askers[i]->reject(kj::cp(reason));
  }
  settle(running);
  for (auto& waiting : arrived) waiting.asker->reject(kj::cp(reason));
  arrived.clear();
  arrivedBytes = 0;
  KJ_IF_MAYBE(fulfiller, closer) (*fulfiller)->reject(kj::cp(reason));
}

namespace {

// `settings` is a copy of the frame's own.
Task<kj::Own<Store>> openTask(kj::Own<Worker> worker, StoreSettings settings) {
  kj::Own<Database> database;
  auto hands = kj::mv(worker);  // so that it is destroyed, hence idle, before the database
  auto opening = hands->run([&database, &settings]() { database = kj::heap<Database>(settings); });
  co_await opening;
  co_return kj::heap<GroupStore>(kj::mv(hands), kj::mv(database), settings);
}

}  // namespace

kj::Promise<kj::Own<Store>> openStore(kj::Own<Worker> worker, StoreSettings settings) {
  return openTask(kj::mv(worker), kj::mv(settings));
}

kj::Promise<kj::Own<Store>> openStore(Host& host, kj::StringPtr file) {
  StoreSettings settings;
  settings.path = host.disk.databasePath(file).cStr();
  settings.vfs = host.disk.vfs();
  return openStore(host.disk.newWorker(), kj::mv(settings));
}

}  // namespace skerry
