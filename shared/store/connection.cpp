#include "shared/store/connection.h"
#include <kj/debug.h>
#include <sqlite3.h>

namespace skerry {

namespace {

constexpr const char* DAMAGED =
    "the file is damaged, or is no database: restore it from a backup, or move it away to start "
    "empty and be sent everything by the peers";

kj::Exception::Type typeOf(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: case SQLITE_NOMEM: return kj::Exception::Type::OVERLOADED;
    case SQLITE_IOERR: case SQLITE_CANTOPEN: return kj::Exception::Type::DISCONNECTED;
    default: return kj::Exception::Type::FAILED;
  }
}

bool needsReopening(int code) {
  int primary = code & 0xff;
  return primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB ||
         primary == SQLITE_CANTOPEN;
}

kj::StringPtr advice(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "the disk is full: nothing was written, make room"_kj;
    case SQLITE_NOMEM: return "out of memory: nothing was written"_kj;
    case SQLITE_BUSY: return "another process uses this database: stop it, or give this one a data "
                             "folder of its own"_kj;
    case SQLITE_CANTOPEN: return "the file cannot be opened: check that its folder exists and is "
                                 "ours to write"_kj;
    case SQLITE_READONLY: return "the file is not ours to write: check its owner and mode"_kj;
    case SQLITE_CORRUPT: case SQLITE_NOTADB: return DAMAGED;
    case SQLITE_IOERR: return "the disk failed: whether the last changes were written is not known "
                              "until the database is opened anew"_kj;
    default: return "the statement was refused"_kj;
  }
}

}  // namespace

Connection::Connection(const StoreSettings& settings) : settings(settings) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (settings.missing == Missing::CREATE) flags |= SQLITE_OPEN_CREATE;
  int code = sqlite3_open_v2(settings.path.c_str(), &connection, flags, settings.vfs);
  KJ_ON_SCOPE_FAILURE(disconnect());
  if (code != SQLITE_OK) kj::throwFatalException(failure(code, "open"));
  sqlite3_extended_result_codes(connection, 1);
  // Before the WAL is touched, or shared memory is used and others may come in.
  execute("PRAGMA locking_mode=EXCLUSIVE");
}

Connection::~Connection() noexcept(false) {
  if (connection == nullptr) return;
  sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  disconnect();
}

void Connection::disconnect() {
  for (auto& entry : statements) sqlite3_finalize(entry.second);
  statements.clear();
  sqlite3_close(connection);
  connection = nullptr;
}

// The switch to WAL names the new mode first and commits it at the statement's end: one that is not
// run to its end can fail in silence, and leave a rollback journal, which is not durable here.
// The hook follows wal_autocheckpoint, which is itself a hook and would replace ours.
void Connection::configure() {
  {
    SqlStatement mode(*this, "PRAGMA journal_mode=WAL");
    bool switched = mode.step() && text(mode.bytes(0)) == "wal";
    KJ_REQUIRE(switched && !mode.step(),
               "this file system cannot hold a write-ahead log: choose another",
               settings.path.c_str());
  }
  if (settings.synchronous == Synchronous::FULL) {
    execute("PRAGMA synchronous=FULL");
  } else {
    execute("PRAGMA synchronous=NORMAL");
  }
  execute("PRAGMA mmap_size=0");
  execute("PRAGMA temp_store=MEMORY");
  execute("PRAGMA wal_autocheckpoint=0");
  execute("PRAGMA journal_size_limit=8388608");
  execute("PRAGMA foreign_keys=ON");
  execute("PRAGMA trusted_schema=OFF");
  execute("PRAGMA cell_size_check=ON");
  auto countFrames = [](void* self, sqlite3*, const char*, int frames) {
    static_cast<Connection*>(self)->frames = frames;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(connection, countFrames, this);
}

void Connection::execute(Sql sql) {
  SqlStatement statement(*this, sql);
  while (statement.step()) {}
}

void Connection::script(kj::StringPtr script) {
  int code = sqlite3_exec(connection, script.cStr(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) kj::throwFatalException(failure(code, script.cStr()));
}

int64_t Connection::number(Sql sql) {
  SqlStatement statement(*this, sql);
  KJ_ASSERT(statement.step(), "no row");
  auto number = statement.number(0);
  while (statement.step()) {}
  return number;
}

bool Connection::inTransaction() const { return !sqlite3_get_autocommit(connection); }

void Connection::checkpoint() {
  KJ_REQUIRE(!isBroken() && connection != nullptr, "checkpoint of a database that is not open");
  int code = sqlite3_wal_checkpoint_v2(connection, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                       nullptr);
  if (code != SQLITE_OK) kj::throwFatalException(failure(code, "checkpoint"));
  frames = 0;
}

void Connection::close() {
  KJ_REQUIRE(connection != nullptr, "a database is closed once");
  KJ_DEFER(disconnect());
  int code = isBroken() ? SQLITE_IOERR : sqlite3_wal_checkpoint_v2(
      connection, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code == SQLITE_OK) return;
  sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  kj::throwFatalException(failure(code, "last checkpoint"));
}

sqlite3_stmt* Connection::prepared(Sql sql) {
  KJ_IF_MAYBE(reason, brokenBy) {
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED,
        "the database failed and must be opened anew before it is trusted", *reason));
  }
  KJ_REQUIRE(connection != nullptr, "the database is closed");
  auto found = statements.find(sql.text());
  if (found != statements.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(connection, sql.text().data(), sql.text().size(),
                                SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) kj::throwFatalException(failure(code, sql.text()));
  statements.emplace(sql.text(), statement);
  return statement;
}

kj::Exception Connection::failure(int code, std::string_view doing) {
  auto message = kj::str(advice(code), "; file ", settings.path.c_str(), ", ",
                         sqlite3_errstr(code), " (", code, ") in: ", std::string(doing).c_str());
  if (needsReopening(code) && !isBroken()) brokenBy = kj::str(message);
  return kj::Exception(typeOf(code), __FILE__, __LINE__, kj::mv(message));
}

SqlStatement::SqlStatement(Connection& connection, Sql sql)
    : connection(connection), sql(sql), statement(connection.prepared(sql)) {}

SqlStatement::~SqlStatement() {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}

SqlStatement& SqlStatement::add(std::string_view text) {
  // A null pointer would be NULL, not an empty text.
  auto start = text.empty() ? "" : text.data();
  bound(sqlite3_bind_text(statement, ++parameters, start, text.size(), SQLITE_STATIC));
  return *this;
}

SqlStatement& SqlStatement::add(BytesView bytes) {
  static constexpr kj::byte NOTHING = 0;
  auto start = bytes.size() == 0 ? &NOTHING : bytes.begin();
  bound(sqlite3_bind_blob64(statement, ++parameters, start, bytes.size(), SQLITE_STATIC));
  return *this;
}

SqlStatement& SqlStatement::add(int64_t number) {
  bound(sqlite3_bind_int64(statement, ++parameters, number));
  return *this;
}

void SqlStatement::bound(int code) {
  if (code != SQLITE_OK) kj::throwFatalException(connection.failure(code, sql.text()));
}

bool SqlStatement::step() {
  int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  kj::throwFatalException(connection.failure(code, sql.text()));
}

int64_t SqlStatement::number(int column) const { return sqlite3_column_int64(statement, column); }

BytesView SqlStatement::bytes(int column) const {
  auto start = static_cast<const kj::byte*>(sqlite3_column_blob(statement, column));
  return {start, size_t(sqlite3_column_bytes(statement, column))};
}

}  // namespace skerry
