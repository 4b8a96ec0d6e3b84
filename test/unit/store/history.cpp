#include "test/unit/store/history.h"
#include "shared/async/task.h"
#include "shared/store/store_settings.h"
#include <kj/debug.h>
#include <kj/timer.h>
#include <kj/vector.h>

namespace skerry {

namespace {

constexpr int BOOTS = 14;
constexpr int CALLERS = 5;
constexpr int KEYS_PER_CALLER = 25;
constexpr uint64_t LIFE_MS_MAX = 150;
constexpr uint64_t DISK_US_MAX = 4000, PAUSE_US_MAX = 8000;

// The mutant: acknowledges rows that it has not committed.
class HastyStore final : public Store, private kj::TaskSet::ErrorHandler {
public:
  explicit HastyStore(kj::Own<Store> careful) : careful(kj::mv(careful)), commits(*this) {}
  kj::Promise<uint64_t> commit(Batch batch) override {
    if (batch.empty()) return careful->commit(kj::mv(batch));
    commits.add(careful->commit(kj::mv(batch)).ignoreResult());
    return uint64_t(0);
  }
  kj::Promise<kj::Maybe<Bytes>> get(Table table, kj::StringPtr document, BytesView key) override {
    return careful->get(table, document, key);
  }
  kj::Promise<std::vector<Row>> scan(Table table, kj::StringPtr document) override {
    return careful->scan(table, document);
  }
  kj::Promise<std::vector<std::string>> documents(Table table) override {
    return careful->documents(table);
  }
  kj::Promise<Batch> dump() override { return careful->dump(); }
  kj::Promise<void> close() override { return careful->close(); }

private:
  void taskFailed(kj::Exception&&) override {}
  kj::Own<Store> careful;
  kj::TaskSet commits;
};

class History {
public:
  History(uint64_t seed, Mutant mutant)
      : mutant(mutant), waitScope(loop), timer(kj::origin<kj::TimePoint>()), chance(seed),
        pauses(chance.fork()), disk("history", chance.fork()) {
    seedSqlite(seed);
    disk.setSyncLies(mutant == Mutant::SYNC_LIES);
    checkpointFrames = chance.between(4, 150);
  }

  HistoryReport run() {
    for (int boot = 0; boot < BOOTS && report.findings.corruptFiles == 0; ++boot) live();
    report.acknowledged = promises.count();
    report.disk = disk.counts();
    report.diskDigest = disk.digest();
    return report;
  }

private:
  enum class End { POWER_LOSS, CRASH, CLOSE };

  void live() {
    ++report.boots;
    stopped = false;
    drawFault();
    auto failed = kj::runCatchingExceptions([this]() {
      audit(*opened.emplace(open()));
    });
    KJ_IF_MAYBE(reason, failed) {
      report.findings.corruptFiles += reason->getType() == kj::Exception::Type::FAILED;
    } else {
      work(*KJ_ASSERT_NONNULL(opened));
    }
    end();
  }

  void drawFault() {
    uint64_t within = chance.between(1, 500), lasts = chance.between(1, 30);
    switch (chance.between(1, 6)) {
      case 1: case 2: disk.cutPowerAtCall(within, []() {}); break;
      case 3: disk.fillAtWrite(within, lasts); break;
      case 4: disk.failAtCall(within, lasts); break;
    }
  }

  kj::Own<Store> open() {
    StoreSettings settings;
    settings.path = "ledger.db";
    settings.vfs = disk.vfsName();
    settings.checkpointFrames = checkpointFrames;
    if (mutant == Mutant::SYNCHRONOUS_NORMAL) settings.synchronous = Synchronous::NORMAL;
    auto worker = newInlineWorker([this]() { return passing(pauses.between(0, DISK_US_MAX)); });
    auto opened = await(openStore(kj::mv(worker), kj::mv(settings)));
    if (mutant == Mutant::ANSWERS_BEFORE_COMMIT) return kj::heap<HastyStore>(kj::mv(opened));
    return opened;
  }

  kj::Promise<void> passing(uint64_t us) { return timer.afterDelay(us * kj::MICROSECONDS); }

  template <typename T>
  T await(kj::Promise<T> promise) {
    while (!promise.poll(waitScope)) timer.advanceTo(KJ_REQUIRE_NONNULL(timer.nextEvent()));
    return promise.wait(waitScope);
  }

  // Which batches survived is only looked at; the batch that tells the version changes no row.
  void audit(Store& store) {
    auto first = rows(store, Promises::FIRST), second = rows(store, Promises::SECOND);
    auto version = await(store.commit(Batch()));
    promises.audit(first, second, version, report.findings);
  }

  Promises::Rows rows(Store& store, Table table) {
    Promises::Rows all;
    for (auto& row : await(store.scan(table, Promises::DOCUMENT))) {
      all[text(view(row.key))] = row.value;
    }
    return all;
  }

  void work(Store& store) {
    kj::Vector<kj::Promise<void>> callers;
    for (int i = 0; i < CALLERS; ++i) {
      callers.add(kj::Promise<void>(call(store, i)).eagerlyEvaluate(nullptr));
    }
    auto end = timer.now() + chance.between(1, LIFE_MS_MAX) * kj::MILLISECONDS;
    while (!stopped && timer.now() < end) await(passing(DISK_US_MAX));
  }

  // Writes until the store breaks. Each caller has keys of its own. `store` outlives the task.
  Task<void> call(Store& store, int caller) {
    while (!stopped) {
      auto key = std::to_string(caller) + "-" + std::to_string(chance.between(1, KEYS_PER_CALLER));
      Promises::Value value;
      if (chance.chance(70)) value = drawValue(chance);
      auto batch = promises.ask(key, std::move(value));
      auto committing = store.commit(kj::mv(batch)).then(
          [this, key](uint64_t version) { promises.acknowledged(key, version); },
          [this, key](kj::Exception&& reason) { failed(key, reason); });
      co_await committing;
      auto pause = passing(chance.between(0, PAUSE_US_MAX));
      co_await pause;
    }
  }

  void failed(const std::string& key, const kj::Exception& reason) {
    switch (reason.getType()) {
      case kj::Exception::Type::OVERLOADED:
        ++report.refused;
        promises.refused(key);
        break;
      case kj::Exception::Type::DISCONNECTED: stopped = true; break;
      default:
        ++report.findings.corruptFiles;
        stopped = true;
    }
  }

  // The disk goes before the program, whose destructors close files. What was answered by then
  // counts.
  void end() {
    auto how = !disk.hasPower() || chance.chance(40) ? End::POWER_LOSS
             : chance.chance(70) ? End::CRASH : End::CLOSE;
    KJ_IF_MAYBE(store, opened) {
      if (how == End::CLOSE) {
        kj::runCatchingExceptions([&]() { await((*store)->close()); });
      }
    }
    disk.cutPower();
    opened = nullptr;
    if (how == End::POWER_LOSS) disk.restorePower(); else disk.restoreProcess();
    disk.clearFaults();
  }

  const Mutant mutant;
  kj::EventLoop loop;
  kj::WaitScope waitScope;
  kj::TimerImpl timer;
  SeededEntropy chance, pauses;
  MemoryDisk disk;
  uint32_t checkpointFrames;
  Promises promises;
  HistoryReport report;
  bool stopped = false;
  kj::Maybe<kj::Own<Store>> opened;  // none while the program does not run
};

}  // namespace

HistoryReport runHistory(uint64_t seed, Mutant mutant) { return History(seed, mutant).run(); }

}  // namespace skerry
