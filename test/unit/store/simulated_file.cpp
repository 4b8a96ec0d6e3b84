#include "test/unit/store/simulated_file.h"
#include <kj/debug.h>

namespace skerry {

namespace {

template <typename T>
T answer(Database& database, Request request) {
  auto answers = database.run({&request, 1});
  KJ_ASSERT(answers.size() == 1);
  KJ_IF_MAYBE(reason, answers[0].tryGet<kj::Exception>()) kj::throwFatalException(kj::mv(*reason));
  return kj::mv(answers[0].get<T>());
}

Promises::Rows rowsOf(Database& database, Table table) {
  Promises::Rows rows;
  for (auto& row : scan(database, table, Promises::DOCUMENT)) rows[text(view(row.key))] = row.value;
  return rows;
}

}  // namespace

uint64_t commit(Database& database, Batch batch) {
  return answer<uint64_t>(database, kj::mv(batch));
}

kj::Maybe<Bytes> get(Database& database, Table table, kj::StringPtr document, BytesView key) {
  return answer<kj::Maybe<Bytes>>(database, GetRow {table, text(document), copy(key)});
}

std::vector<Row> scan(Database& database, Table table, kj::StringPtr document) {
  return answer<std::vector<Row>>(database, ScanRows {table, text(document)});
}

std::vector<std::string> documents(Database& database, Table table) {
  return answer<std::vector<std::string>>(database, ListDocuments {table});
}

void tidyUp(Database& database) {
  for (;;) {
    if (database.upkeepIsDue()) {
      database.upkeep();
    } else if (database.tidyingIsDue()) {
      database.tidy();
    } else {
      return;
    }
  }
}

void audit(MemoryDisk& disk, Promises& promises, Findings& findings) {
  auto failed = kj::runCatchingExceptions([&]() {
    Database database(settingsOn(disk));
    auto first = rowsOf(database, Promises::FIRST), second = rowsOf(database, Promises::SECOND);
    promises.audit(first, second, commit(database, Batch()), findings);
  });
  KJ_IF_MAYBE(reason, failed) {
    KJ_LOG(WARNING, "the file cannot be used", *reason);
    ++findings.corruptFiles;
    return;
  }
  auto settings = settingsOn(disk);
  Connection connection(settings);
  SqlStatement check(connection, "PRAGMA integrity_check");
  findings.corruptFiles += !check.step() || text(check.bytes(0)) != "ok";
}

}  // namespace skerry
