#include "shared/store/file_format.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr int64_t APPLICATION_ID = 0x536b7279;  // "Skry"

constexpr const char* STEPS[] = {
  // One table for every row, so that the rows of a document lie together. A document's name
  // compares by its bytes.
  "CREATE TABLE rows("
  "  doc TEXT NOT NULL, tbl INTEGER NOT NULL, key BLOB NOT NULL,"
  "  sum INTEGER NOT NULL, value BLOB NOT NULL,"
  "  PRIMARY KEY(doc, tbl, key)) WITHOUT ROWID",
};

}  // namespace

const kj::ArrayPtr<const char* const> STORE_FORMAT_STEPS = STEPS;

uint32_t identifyFormat(Connection& connection, const StoreSettings& settings) {
  auto file = settings.path.c_str();
  auto application = connection.number("PRAGMA application_id");
  if (application == 0 && connection.number("SELECT count(*) FROM sqlite_schema") == 0) return 0;
  KJ_REQUIRE(application == APPLICATION_ID,
             "this database belongs to another program: give the daemon a data folder of its own",
             file, application);
  auto format = connection.number("PRAGMA user_version");
  auto known = int64_t(settings.formatSteps.size());
  KJ_REQUIRE(format <= known,
             "this database was written by a newer version of Skerry: install that version again, "
             "or restore the backup made before the upgrade", file, format,
             known);
  KJ_REQUIRE(format > 0, "this database says that it is ours but not its format: it is damaged, "
             "restore it from a backup", file);
  return uint32_t(format);
}

void markFormat(Connection& connection, uint32_t format) {
  connection.script(kj::str("PRAGMA application_id=", APPLICATION_ID));
  connection.script(kj::str("PRAGMA user_version=", format));
}

}  // namespace skerry
