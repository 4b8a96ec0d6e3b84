// One SQLite database, used by one thread at a time: transactions, the version, and upkeep. Knows
// nothing of promises.
//
// Failure types are those of store.h.
#pragma once
#include "shared/store/compaction.h"
#include "shared/store/row_table.h"
#include <kj/one-of.h>

namespace skerry {

struct GetRow {
  Table table;
  std::string document;
  Bytes key;
};
struct ScanRows {
  Table table;
  std::string document;
};
struct ListDocuments {
  Table table;
};
struct DumpRows {};
using Request = kj::OneOf<Batch, GetRow, ScanRows, ListDocuments, DumpRows>;

// A batch's version, what was read, or why not.
using Answer = kj::OneOf<uint64_t, kj::Maybe<Bytes>, std::vector<Row>, std::vector<std::string>,
                         Batch, kj::Exception>;

class Database {
public:
  explicit Database(StoreSettings settings);
  KJ_DISALLOW_COPY(Database);

  // One transaction for the group, in its order; as many answers as requests. A batch that fails by
  // itself does not harm its neighbours. What a read tells is durable when this returns.
  std::vector<Answer> run(kj::ArrayPtr<const Request> group);
  uint64_t version() const { return lastVersion; }

  // Work that nobody waits for, in pieces. A piece that fails loses nothing, and is due again
  // after the next transaction. Upkeep keeps the files from growing: copying the WAL back, giving
  // free pages to the disk. Tidying packs pages, and can wait until nobody has anything to ask.
  bool upkeepIsDue() const;
  void upkeep();
  bool tidyingIsDue() const;
  void tidy();

  // Leaves no WAL behind. The file is closed even if this fails.
  void close() { connection.close(); }

private:
  void migrate(uint32_t found);
  Answer perform(const Request& request, uint64_t& next);
  void apply(const Batch::Step& step);
  Answer read(const Request& request);
  std::vector<Answer> answerUndone(kj::ArrayPtr<const Request> group, const kj::Exception& reason);
  void rollBack();
  void storeVersion(uint64_t version);
  uint64_t loadVersion();
  void checkpoint();
  void vacuumStep();
  bool walIsLong() const { return connection.walFrames() >= settings.checkpointFrames; }
  void countFreePages();

  const StoreSettings settings;
  Connection connection;
  RowTable rows;
  Compaction compaction;
  uint64_t lastVersion = 0;
  uint32_t freePages = 0, freePagesKept = 0;
  bool shrinks = false;  // pages were given back, but the file is cut only by the next checkpoint
  bool upkeepFailed = false;
};

}  // namespace skerry
