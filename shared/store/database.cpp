#include "shared/store/database.h"
#include "shared/store/file_format.h"
#include "shared/store/last_writes.h"
#include <kj/debug.h>

namespace skerry {

namespace {

// The version lies in the row table as the first of its rows, checksum and all, in a table that no
// caller can name.
constexpr Table OWN_TABLE = Table(0);
constexpr std::string_view OWN_DOCUMENT = "";

static_assert(VACUUM_PAGES_PER_STEP == 256, "vacuumStep() says it in SQL");

}  // namespace

// auto_vacuum is set before the first table and never again: it would write at each start.
Database::Database(StoreSettings wanted)
    : settings(std::move(wanted)), connection(settings), rows(connection, settings.path),
      compaction(connection) {
  auto found = identifyFormat(connection, settings);
  if (found == 0) connection.execute("PRAGMA auto_vacuum=INCREMENTAL");
  connection.configure();
  if (found < settings.formatSteps.size()) migrate(found);
  lastVersion = loadVersion();
  countFreePages();
}

void Database::migrate(uint32_t found) {
  connection.execute("BEGIN IMMEDIATE");
  for (auto step : settings.formatSteps.slice(found, settings.formatSteps.size())) {
    connection.script(step);
  }
  if (found == 0) storeVersion(0);
  markFormat(connection, settings.formatSteps.size());
  connection.execute("COMMIT");
}

std::vector<Answer> Database::run(kj::ArrayPtr<const Request> group) {
  std::vector<Answer> answers;
  answers.reserve(group.size());
  uint64_t next = lastVersion;
  auto undone = kj::runCatchingExceptions([&]() {
    connection.execute("BEGIN");
    for (auto& request : group) answers.push_back(perform(request, next));
    if (next > lastVersion) storeVersion(next);
    connection.execute("COMMIT");
  });
  KJ_IF_MAYBE(reason, undone) {
    rollBack();
    return answerUndone(group, *reason);
  }
  if (next > lastVersion) upkeepFailed = false;
  lastVersion = next;
  return answers;
}

// A full disk or an I/O error may have undone the whole transaction, the neighbours' batches with
// it; that is thrown. Any other failure is this request's alone.
Answer Database::perform(const Request& request, uint64_t& next) {
  auto batch = request.tryGet<Batch>();
  bool writes = batch != nullptr;
  if (writes) connection.execute("SAVEPOINT batch");
  Answer answer;
  auto failed = kj::runCatchingExceptions([&]() {
    KJ_IF_MAYBE(written, batch) {
      auto& steps = written->steps();
      auto matters = lastWrites(steps);
      for (size_t i = 0; i < steps.size(); ++i) {
        if (matters[i]) apply(steps[i]);
      }
      answer = next + 1;
    } else {
      answer = read(request);
    }
  });
  KJ_IF_MAYBE(reason, failed) {
    bool whole = !connection.inTransaction() || connection.isBroken() ||
                 reason->getType() == kj::Exception::Type::OVERLOADED;
    if (whole) kj::throwFatalException(kj::mv(*reason));
    if (writes) connection.execute("ROLLBACK TO batch");
    answer = kj::mv(*reason);
  } else if (writes) {
    ++next;
  }
  if (writes) connection.execute("RELEASE batch");
  return answer;
}

void Database::apply(const Batch::Step& step) {
  auto key = view(step.key), value = view(step.value);
  auto conflict = [&](kj::StringPtr what) {
    auto document = step.document.c_str();
    auto table = uint32_t(step.table);
    auto row = hex(key);
    kj::throwFatalException(KJ_EXCEPTION(FAILED, "conflict", what, document, table, row.c_str()));
  };
  switch (step.verb) {
    case Batch::Verb::PUT: return rows.put(step.table, step.document, key, value);
    case Batch::Verb::ERASE: return rows.erase(step.table, step.document, key);
    case Batch::Verb::ERASE_ALL: return rows.eraseAll(step.table, step.document);
    case Batch::Verb::EXPECT: case Batch::Verb::EXPECT_ABSENT: break;
  }
  bool expectsRow = step.verb == Batch::Verb::EXPECT;
  KJ_IF_MAYBE(present, rows.get(step.table, step.document, key)) {
    if (!expectsRow) conflict("the row exists, and was expected not to");
    if (*present != step.value) conflict("the row has another value than expected");
  } else if (expectsRow) {
    conflict("the row does not exist, and was expected to");
  }
}

Answer Database::read(const Request& request) {
  KJ_IF_MAYBE(get, request.tryGet<GetRow>()) {
    return rows.get(get->table, get->document, view(get->key));
  }
  KJ_IF_MAYBE(scan, request.tryGet<ScanRows>()) return rows.scan(scan->table, scan->document);
  if (request.is<DumpRows>()) return rows.dump(OWN_TABLE);
  return rows.documents(request.get<ListDocuments>().table);
}

// No batch of the group was applied. Reads are still answered, from the state before the group, as
// long as the database can be trusted.
std::vector<Answer> Database::answerUndone(kj::ArrayPtr<const Request> group,
                                           const kj::Exception& reason) {
  std::vector<Answer> answers;
  answers.reserve(group.size());
  for (auto& request : group) {
    if (request.is<Batch>() || connection.isBroken()) {
      answers.push_back(kj::cp(reason));
      continue;
    }
    auto failed = kj::runCatchingExceptions([&]() { answers.push_back(read(request)); });
    KJ_IF_MAYBE(why, failed) answers.push_back(kj::mv(*why));
  }
  return answers;
}

// SQLite rolls back by itself after some failures. If it cannot, it says so by failing later.
void Database::rollBack() {
  if (!connection.inTransaction() || connection.isBroken()) return;
  connection.execute("ROLLBACK");
}

void Database::storeVersion(uint64_t version) {
  Bytes value(8);
  for (int i = 0; i < 8; ++i) value[i] = uint8_t(version >> (56 - 8 * i));
  rows.put(OWN_TABLE, OWN_DOCUMENT, nullptr, view(value));
}

uint64_t Database::loadVersion() {
  uint64_t version = 0;
  KJ_IF_MAYBE(value, rows.get(OWN_TABLE, OWN_DOCUMENT, nullptr)) {
    for (auto byte : *value) version = version << 8 | byte;
    return version;
  }
  KJ_FAIL_REQUIRE("the database has lost its version, so it has lost rows: restore it from a "
                  "backup, or move it away to start empty and be sent everything by the peers",
                  settings.path.c_str());
}

bool Database::upkeepIsDue() const {
  if (upkeepFailed || connection.isBroken()) return false;
  return walIsLong() || freePages > freePagesKept || shrinks;
}

// A failed checkpoint loses nothing: the WAL still holds all. If it was an I/O error the
// connection now refuses work, and the next request says so.
void Database::upkeep() {
  auto failed = kj::runCatchingExceptions([&]() {
    if (freePages > freePagesKept && !walIsLong()) {
      vacuumStep();
    } else {
      checkpoint();
    }
  });
  upkeepFailed = failed != nullptr;
}

bool Database::tidyingIsDue() const {
  return compaction.isDue() && !upkeepFailed && !connection.isBroken();
}

void Database::tidy() {
  auto failed = kj::runCatchingExceptions([&]() {
    compaction.step();
    countFreePages();
  });
  upkeepFailed = failed != nullptr;
}

void Database::checkpoint() {
  if (walIsLong()) compaction.grant(COMPACTION_PAGES_PER_CHECKPOINT);
  connection.checkpoint();
  shrinks = false;
  countFreePages();
}

void Database::vacuumStep() {
  auto before = freePages;
  connection.execute("PRAGMA incremental_vacuum(256)");
  countFreePages();
  KJ_REQUIRE(freePages < before, "the file keeps its free pages", settings.path.c_str());
  shrinks = freePages <= freePagesKept;
}

void Database::countFreePages() {
  freePages = connection.number("PRAGMA freelist_count");
  freePagesKept = connection.number("PRAGMA page_count") / FREE_PAGES_KEPT_DIVISOR;
}

}  // namespace skerry
