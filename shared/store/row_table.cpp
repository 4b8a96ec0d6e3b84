#include "shared/store/row_table.h"
#include "shared/crypto/hash.h"
#include <kj/debug.h>

namespace skerry {

namespace {

void addNumber(Sha256& to, uint64_t number) {
  kj::byte bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = kj::byte(number >> (56 - 8 * i));
  to.add(BytesView(bytes, sizeof(bytes)));
}

int64_t checksum(Table table, std::string_view document, BytesView key, BytesView value) {
  Sha256 hash;
  addNumber(hash, document.size());
  hash.add(document);
  addNumber(hash, uint64_t(table));
  addNumber(hash, key.size());
  hash.add(key);
  addNumber(hash, value.size());
  hash.add(value);
  uint64_t first = 0;
  auto digest = hash.finish();
  for (int i = 0; i < 8; ++i) first = first << 8 | digest.bytes[i];
  return int64_t(first);
}

}  // namespace

void RowTable::put(Table table, std::string_view document, BytesView key, BytesView value) {
  SqlStatement statement(connection, "INSERT INTO rows(doc, tbl, key, sum, value) "
      "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET sum = excluded.sum, "
      "value = excluded.value");
  statement.add(document).add(int64_t(table)).add(key)
      .add(checksum(table, document, key, value)).add(value);
  statement.step();
}

void RowTable::erase(Table table, std::string_view document, BytesView key) {
  SqlStatement statement(connection, "DELETE FROM rows WHERE doc = ?1 AND tbl = ?2 AND key = ?3");
  statement.add(document).add(int64_t(table)).add(key).step();
}

void RowTable::eraseAll(Table table, std::string_view document) {
  SqlStatement statement(connection, "DELETE FROM rows WHERE doc = ?1 AND tbl = ?2");
  statement.add(document).add(int64_t(table)).step();
}

kj::Maybe<Bytes> RowTable::get(Table table, std::string_view document, BytesView key) {
  SqlStatement statement(connection,
      "SELECT sum, value FROM rows WHERE doc = ?1 AND tbl = ?2 AND key = ?3");
  statement.add(document).add(int64_t(table)).add(key);
  if (!statement.step()) return nullptr;
  auto value = statement.bytes(1);
  verify(table, document, key, value, statement.number(0));
  return copy(value);
}

std::vector<Row> RowTable::scan(Table table, std::string_view document) {
  SqlStatement statement(connection,
      "SELECT key, sum, value FROM rows WHERE doc = ?1 AND tbl = ?2 ORDER BY key");
  statement.add(document).add(int64_t(table));
  std::vector<Row> rows;
  while (statement.step()) {
    auto key = statement.bytes(0), value = statement.bytes(2);
    verify(table, document, key, value, statement.number(1));
    rows.push_back({copy(key), copy(value)});
  }
  return rows;
}

Batch RowTable::dump(Table except) {
  SqlStatement statement(connection,
      "SELECT doc, tbl, key, sum, value FROM rows WHERE tbl != ?1 ORDER BY doc, tbl, key");
  statement.add(int64_t(except));
  Batch all;
  while (statement.step()) {
    auto document = text(statement.bytes(0));
    auto table = Table(statement.number(1));
    auto key = statement.bytes(2), value = statement.bytes(4);
    verify(table, document, key, value, statement.number(3));
    all.put(table, document.c_str(), key, value);
  }
  return all;
}

// From one document to the next through the index: costs the documents, not their rows.
std::vector<std::string> RowTable::documents(Table table) {
  std::vector<std::string> found;
  std::string document;
  for (;;) {
    if (hasRows(table, document)) found.push_back(document);
    SqlStatement next(connection, "SELECT doc FROM rows WHERE doc > ?1 ORDER BY doc LIMIT 1");
    next.add(document);
    if (!next.step()) return found;
    auto name = text(next.bytes(0));
    document = name;
  }
}

// Verifies the row it finds, and with it the document's name.
bool RowTable::hasRows(Table table, std::string_view document) {
  SqlStatement first(connection,
      "SELECT key, sum, value FROM rows WHERE doc = ?1 AND tbl = ?2 ORDER BY key LIMIT 1");
  first.add(document).add(int64_t(table));
  if (!first.step()) return false;
  verify(table, document, first.bytes(0), first.bytes(2), first.number(1));
  return true;
}

void RowTable::verify(Table table, std::string_view document, BytesView key, BytesView value,
                      int64_t sum) {
  if (checksum(table, document, key, value) == sum) return;
  auto file = path.c_str();
  auto row = kj::str("document \"", std::string(document).c_str(), "\", table ", uint32_t(table),
                     ", key ", hex(key).c_str());
  kj::throwFatalException(KJ_EXCEPTION(FAILED, "a row fails its checksum, its disk is not to be "
      "trusted: restore the file from a backup, or move it away to start empty and be sent "
      "everything by the peers", row, file));
}

}  // namespace skerry
