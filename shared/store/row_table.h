// The one physical table: every row of every document with its checksum.
//
// The checksum is the first 8 bytes of SHA-256 over document, table, key and value, the lengths in
// front of the variable ones. SQLite has none of its own: a flipped bit in a value, or in a key
// that makes a row another's, would be served as if it had been written. A row that fails is
// reported FAILED by name; the others are served.
#pragma once
#include "shared/store/connection.h"

namespace skerry {

class RowTable {
public:
  // `connection` outlives it; `path` is for messages.
  RowTable(Connection& connection, std::string_view path) : connection(connection), path(path) {}

  void put(Table table, std::string_view document, BytesView key, BytesView value);
  void erase(Table table, std::string_view document, BytesView key);
  void eraseAll(Table table, std::string_view document);
  kj::Maybe<Bytes> get(Table table, std::string_view document, BytesView key);
  std::vector<Row> scan(Table table, std::string_view document);
  std::vector<std::string> documents(Table table);
  // All rows but those of one table, as puts.
  Batch dump(Table except);

private:
  bool hasRows(Table table, std::string_view document);
  void verify(Table table, std::string_view document, BytesView key, BytesView value, int64_t sum);

  Connection& connection;
  const std::string path;
};

}  // namespace skerry
