#include "shared/store/examine.h"
#include "shared/async/plainly.h"
#include "shared/async/task.h"
#include "shared/store/file_format.h"
#include "shared/store/row_table.h"
#include <kj/debug.h>
#include <sqlite3.h>

namespace skerry {
namespace {

struct Question {
  StoreSettings settings;
  Table table;
  std::string document;
  Bytes key;
};

bool isThere(const StoreSettings& settings) {
  auto vfs = sqlite3_vfs_find(settings.vfs);
  KJ_REQUIRE(vfs != nullptr, "SQLite knows no such disk", settings.vfs);
  int found = 0;
  int code = vfs->xAccess(vfs, settings.path.c_str(), SQLITE_ACCESS_EXISTS, &found);
  return code == SQLITE_OK && found != 0;
}

StoreHealth look(const Question& question) {
  StoreHealth health;
  if (!isThere(question.settings)) return health;
  Connection connection(question.settings);
  // Its creation was cut short: it is created again.
  if (identifyFormat(connection, question.settings) == 0) return health;
  {
    SqlStatement check(connection, "PRAGMA quick_check(1)");
    bool isWhole = check.step() && text(check.bytes(0)) == "ok";
    KJ_REQUIRE(isWhole, "the file is damaged: restore it from a backup, or move it away to start "
               "empty and be sent everything by the peers", text(check.bytes(0)).c_str());
    while (check.step()) {}
  }
  health.row = RowTable(connection, question.settings.path)
                   .get(question.table, question.document, view(question.key));
  health.state = StoreHealth::State::SOUND;
  return health;
}

StoreHealth failed(const kj::Exception& reason) {
  StoreHealth health;
  health.text = briefly(reason);
  bool isHeld = health.text.starts_with("another process");
  bool isOurs = reason.getType() == kj::Exception::Type::FAILED;
  health.state = isHeld ? StoreHealth::State::HELD
                 : isOurs ? StoreHealth::State::UNSOUND : StoreHealth::State::UNREADABLE;
  return health;
}

Task<StoreHealth> examineTask(kj::Own<Worker> worker, kj::Own<Question> question) {
  StoreHealth health;
  auto looking = worker->run([&health, &question = *question] {
    KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] { health = look(question); })) {
      health = failed(*reason);
    }
  });
  co_await looking;
  co_return kj::mv(health);
}

}  // namespace

kj::Promise<StoreHealth> examineStore(Host& host, kj::StringPtr file, Table table,
                                      kj::StringPtr document, BytesView key) {
  auto question = kj::heap<Question>();
  question->settings.path = host.disk.databasePath(file).cStr();
  question->settings.vfs = host.disk.vfs();
  question->settings.missing = Missing::FAIL;
  question->table = table;
  question->document = document.cStr();
  question->key = copy(key);
  return examineTask(host.disk.newWorker(), kj::mv(question));
}

}  // namespace skerry
