#include "shared/store/compaction.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr size_t PAGE_BYTES = 4096;
constexpr size_t SLICE_BYTES = COMPACTION_PAGES_PER_STEP * PAGE_BYTES;
// What a row takes beside its names and value: checksum, sizes, and its place in the page.
constexpr size_t ROW_OVERHEAD_BYTES = 22;

}  // namespace

void Compaction::grant(uint32_t pages) { pagesLeft = pages; }

void Compaction::step() {
  auto slice = nextSlice();
  if (slice.empty()) {  // the end of the table
    position = Position();
    pagesLeft = 0;
    return;
  }
  auto& last = slice.back();
  position = {last.document, last.table, last.key};
  pagesLeft -= kj::min(pagesLeft, COMPACTION_PAGES_PER_STEP);
  connection.execute("BEGIN");
  bool denser = false;
  auto failed = kj::runCatchingExceptions([&]() {
    denser = rewrite(slice);
    if (denser) connection.execute("COMMIT");
  });
  if (connection.inTransaction() && !connection.isBroken()) connection.execute("ROLLBACK");
  KJ_IF_MAYBE(reason, failed) kj::throwFatalException(kj::mv(*reason));
}

// Rows with large values have pages of their own, which are full already.
std::vector<Compaction::RawRow> Compaction::nextSlice() {
  SqlStatement statement(connection,
      "SELECT doc, tbl, key, sum, value FROM rows WHERE (doc, tbl, key) > (?1, ?2, ?3) "
      "AND length(value) <= ?4 ORDER BY doc, tbl, key");
  statement.add(position.document).add(position.table).add(view(position.key));
  statement.add(int64_t(COMPACTION_VALUE_BYTES_MAX));
  std::vector<RawRow> slice;
  for (size_t bytes = 0; bytes < SLICE_BYTES && statement.step();) {
    slice.push_back({text(statement.bytes(0)), statement.number(1), copy(statement.bytes(2)),
                     statement.number(3), copy(statement.bytes(4))});
    auto& row = slice.back();
    bytes += row.document.size() + row.key.size() + row.value.size() + ROW_OVERHEAD_BYTES;
  }
  return slice;
}

// True if that freed enough to be worth committing.
bool Compaction::rewrite(const std::vector<RawRow>& slice) {
  auto freePages = [this]() { return connection.number("PRAGMA freelist_count"); };
  auto before = freePages();
  for (auto& row : slice) {
    SqlStatement erase(connection, "DELETE FROM rows WHERE doc = ?1 AND tbl = ?2 AND key = ?3");
    erase.add(row.document).add(row.table).add(view(row.key)).step();
  }
  auto freed = freePages() - before;
  auto pages = connection.number("PRAGMA page_count");
  for (auto& row : slice) {
    SqlStatement insert(connection,
        "INSERT INTO rows(doc, tbl, key, sum, value) VALUES(?1, ?2, ?3, ?4, ?5)");
    insert.add(row.document).add(row.table).add(view(row.key)).add(row.sum).add(view(row.value));
    insert.step();
  }
  auto gained = freePages() - before - (connection.number("PRAGMA page_count") - pages);
  return gained > freed / COMPACTION_GAIN_DIVISOR;
}

}  // namespace skerry
