// One SQLite connection, used by one thread at a time: settings, prepared statements, and SQLite's
// errors as the store's failure types (see store.h).
//
// After an I/O error, or when the file is found damaged, every use fails DISCONNECTED: what SQLite
// holds in memory may no longer be what the disk holds.
#pragma once
#include "shared/store/store_settings.h"
#include <kj/exception.h>
#include <map>

struct sqlite3;
struct sqlite3_stmt;

namespace skerry {

// SQL text that is a literal: nobody can splice a value into it, and its prepared statement is
// found again by it.
class Sql {
public:
  template <size_t size>
  consteval Sql(const char (&literal)[size]) : literal(literal, size - 1) {}
  std::string_view text() const { return literal; }

private:
  std::string_view literal;
};

class Connection {
public:
  // Opens the file and keeps every other process out from the first use of it on. `settings`
  // outlives the connection.
  explicit Connection(const StoreSettings& settings);
  // Leaves the WAL as it is: dropping a database does no I/O that nobody waits for.
  ~Connection() noexcept(false);
  KJ_DISALLOW_COPY(Connection);

  // Makes the file a WAL database and sets everything durability depends on. Writes to the file.
  void configure();
  // Runs statements to their end. `script` is our own text, never built from data.
  void execute(Sql sql);
  void script(kj::StringPtr script);
  // First column of the first row.
  int64_t number(Sql sql);

  bool inTransaction() const;
  bool isBroken() const { return brokenBy != nullptr; }
  // Pages the WAL held after the last commit or checkpoint.
  uint32_t walFrames() const { return frames; }
  // Copies the WAL into the database and goes on at its beginning. With one connection nobody
  // stands in its way.
  void checkpoint();
  // Checkpoints, removes the WAL and closes the file, which is closed even if that fails.
  void close();

private:
  friend class SqlStatement;
  sqlite3_stmt* prepared(Sql sql);
  kj::Exception failure(int code, std::string_view doing);
  void disconnect();

  const StoreSettings& settings;
  sqlite3* connection = nullptr;
  std::map<std::string_view, sqlite3_stmt*> statements;
  uint32_t frames = 0;
  kj::Maybe<kj::String> brokenBy;  // why
};

// One run of a prepared statement. Parameters are borrowed until it is destroyed. Two runs of the
// same text must not overlap.
class SqlStatement {
public:
  SqlStatement(Connection& connection, Sql sql);
  ~SqlStatement();
  KJ_DISALLOW_COPY(SqlStatement);

  // In the order of ?1, ?2, ...
  SqlStatement& add(std::string_view text);
  SqlStatement& add(BytesView bytes);
  SqlStatement& add(int64_t number);
  // False when there are no more rows.
  bool step();
  // Of the current row, valid until the next step.
  int64_t number(int column) const;
  BytesView bytes(int column) const;

private:
  void bound(int code);

  Connection& connection;
  const Sql sql;
  sqlite3_stmt* const statement;
  int parameters = 0;
};

}  // namespace skerry
