// A fixed history against a disk that fails at its first call, at its second, and so on to its
// last.
#include "test/unit/store/simulated_file.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr int TURNS = 9;
constexpr int ERASING_TURN = 6;
constexpr uint64_t POWER_SEEDS = 2;

struct History {
  explicit History(uint64_t seed) : disk("disk", SeededEntropy(seed)) { seedSqlite(seed); }
  MemoryDisk disk;
  Promises promises;
  uint64_t refused = 0, acknowledgedLast = 0;
  bool broken = false;  // a batch failed DISCONNECTED
};

// One to three batches in a transaction; one turn erases most of them, so that pages are freed.
std::vector<std::pair<std::string, Promises::Value>> changesOf(int turn) {
  std::vector<std::pair<std::string, Promises::Value>> changes;
  if (turn == ERASING_TURN) {
    for (int earlier = 0; earlier < turn - 1; ++earlier) {
      for (int i = 0; i <= earlier % 3; ++i) {
        changes.push_back({std::to_string(earlier * 10 + i), std::nullopt});
      }
    }
    return changes;
  }
  for (int i = 0; i <= turn % 3; ++i) {
    changes.push_back({std::to_string(turn * 10 + i), Bytes(900 + 400 * i, uint8_t(turn))});
  }
  return changes;
}

void runTurn(Database& database, History& history, int turn) {
  auto changes = changesOf(turn);
  std::vector<Request> group;
  for (auto& [key, value] : changes) group.push_back(history.promises.ask(key, value));
  auto answers = database.run({group.data(), group.size()});
  for (size_t i = 0; i < answers.size(); ++i) {
    KJ_IF_MAYBE(reason, answers[i].tryGet<kj::Exception>()) {
      CHECK(reason->getType() != kj::Exception::Type::FAILED);
      bool notKnown = reason->getType() == kj::Exception::Type::DISCONNECTED;
      history.broken = history.broken || notKnown;
      if (notKnown) continue;
      ++history.refused;
      history.promises.refused(changes[i].first);
    } else {
      history.promises.acknowledged(changes[i].first, answers[i].get<uint64_t>());
      history.acknowledgedLast = turn;
    }
  }
}

void work(History& history) {
  auto settings = settingsOn(history.disk);
  settings.checkpointFrames = 12;
  Database database(settings);
  for (int turn = 0; turn < TURNS && !history.broken; ++turn) {
    runTurn(database, history, turn);
    tidyUp(database);
  }
  if (!history.broken) database.close();
}

void workUntilItFails(History& history) {
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&]() { work(history); })) {
    CHECK(reason->getType() != kj::Exception::Type::FAILED);
  }
}

uint64_t callsOfTheWholeHistory() {
  History history(1);
  work(history);
  CHECK(history.promises.count() > TURNS);
  return history.disk.counts().calls;
}

template <typename Fault, typename After>
void failAtEveryCall(Fault&& fault, After&& after, uint64_t seeds) {
  uint64_t calls = callsOfTheWholeHistory(), struck = 0, acknowledged = 0;
  for (uint64_t n = 1; n <= calls; ++n) {
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
      CAPTURE(n);
      CAPTURE(seed);
      History history(n * 1000 + seed);
      fault(history.disk, n);
      workUntilItFails(history);
      after(history.disk);
      Findings findings;
      audit(history.disk, history.promises, findings);
      CHECK(findings.lost == 0);
      CHECK(findings.invented == 0);
      CHECK(findings.halves == 0);
      CHECK(findings.versionsBack == 0);
      CHECK(findings.corruptFiles == 0);
      auto& counts = history.disk.counts();
      struck += counts.cutInCall + counts.fullWrites + counts.failedCalls > 0;
      acknowledged += history.promises.count();
    }
  }
  CHECK(struck > calls / 4);
  CHECK(acknowledged > calls);
}

TEST_CASE("power lost inside any disk call loses no acknowledged row") {
  failAtEveryCall([](MemoryDisk& disk, uint64_t n) { disk.cutPowerAtCall(n, []() {}); },
                  [](MemoryDisk& disk) { disk.restorePower(); }, POWER_SEEDS);
}

TEST_CASE("an I/O error at any disk call, before a power cut, loses no acknowledged row") {
  auto powerCut = [](MemoryDisk& disk) { disk.restorePower(); };
  failAtEveryCall([](MemoryDisk& disk, uint64_t n) { disk.failAtCall(n, 1); }, powerCut, 1);
  failAtEveryCall([](MemoryDisk& disk, uint64_t n) { disk.failAtCall(n, 1000); }, powerCut, 1);
}

TEST_CASE("an I/O error at any disk call, before a restart, loses no acknowledged row") {
  failAtEveryCall([](MemoryDisk& disk, uint64_t n) { disk.failAtCall(n, 3); },
                  [](MemoryDisk& disk) { disk.clearFaults(); }, 1);
}

TEST_CASE("a disk that is full at any write, once or for a while, loses no acknowledged row") {
  auto powerCut = [](MemoryDisk& disk) { disk.restorePower(); };
  failAtEveryCall([](MemoryDisk& disk, uint64_t n) { disk.fillAtWrite(n, 1); }, powerCut, 1);
  failAtEveryCall([](MemoryDisk& disk, uint64_t n) { disk.fillAtWrite(n, 8); }, powerCut, 1);
}

TEST_CASE("a disk that was full serves again without being opened anew") {
  uint64_t refused = 0;
  for (uint64_t n = 1; n < 40; n += 3) {
    CAPTURE(n);
    History history(n);
    { Database created(settingsOn(history.disk)); }
    history.disk.fillAtWrite(n, 5);
    work(history);
    CHECK_FALSE(history.broken);
    CHECK(history.acknowledgedLast == TURNS - 1);
    refused += history.refused;
    Findings findings;
    audit(history.disk, history.promises, findings);
    CHECK_FALSE(findings.broken());
  }
  CHECK(refused > 0);
}

}  // namespace
}  // namespace skerry
