#include "shared/daemon/backup.h"
#include "shared/async/task.h"
#include "shared/daemon/audit_log.h"
#include "shared/host/files.h"
#include "shared/pki/identity.h"
#include "shared/store/examine.h"
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr const char* IDENTITY = "identity";
constexpr const char* CHAIN = "chain.pem";         // written last: with it the folder is a daemon's
constexpr const char* BESIDE[] = {"admin.context"};  // files of the data folder itself
constexpr const char* DATABASE_PARTS[] = {"", "-wal", "-shm"};
constexpr size_t SENT_BYTES = 256 << 10;
constexpr size_t RESTORED_BATCH_BYTES = 4 << 20;

// In these words alone: no names of our source beside them.
[[noreturn]] void refuse(kj::String why) {
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::mv(why)));
}

void addFile(Host& host, std::vector<std::string> path, Backup& to) {
  kj::Path at(nullptr);
  for (auto& part : path) at = kj::mv(at).append(part);
  auto content = readFile(host.files, at, BACKUP_FILE_BYTES_MAX);
  KJ_IF_MAYBE(bytes, content) to.files.push_back({std::move(path), kj::mv(*bytes)});
}

Backup describe(Host& host, const BackupTier& tier) {
  Backup backup;
  auto loaded = IdentityFolder(host.files).load();
  auto& identity = KJ_REQUIRE_NONNULL(loaded, "this folder holds no daemon that could be backed up",
                                      host.path);
  backup.about = {tier.tier, commonName(*identity.chain[0]), SKERRY_VERSION,
                  keyHash(*identity.root), host.clock.wallMs()};
  for (auto& entry : host.files.openSubdir(kj::Path(IDENTITY))->listEntries()) {
    if (entry.type != kj::FsNode::Type::FILE || entry.name.startsWith(".")) continue;
    addFile(host, {IDENTITY, text(entry.name)}, backup);
  }
  for (auto name : BESIDE) addFile(host, {name}, backup);
  return backup;
}

// Of what this folder holds now. A damaged identity is no reason not to restore another.
void requireSameDaemon(Host& host, const Backup::About& about) {
  std::string name;
  Hash rootKey;
  kj::runCatchingExceptions([&] {
    auto loaded = IdentityFolder(host.files).load();
    KJ_IF_MAYBE(identity, loaded) {
      name = commonName(*identity->chain[0]);
      rootKey = keyHash(*identity->root);
    }
  });
  bool isSame = name.empty() || (name == about.name && rootKey == about.rootKey);
  KJ_REQUIRE(isSame, "this folder holds another daemon than the backup; use another --data folder",
             name.c_str(), about.name.c_str());
}

// Moves what is there out of the way; empty when nothing is.
std::string keepAside(Host& host, const BackupTier& tier) {
  std::vector<std::string> names{IDENTITY};
  for (auto part : DATABASE_PARTS) names.push_back(text(tier.database) + part);
  for (auto name : BESIDE) names.push_back(name);
  std::string base = text(KEPT_ASIDE) + std::to_string(host.clock.wallMs() / 1'000), folder = base;
  for (unsigned i = 2; host.files.exists(kj::Path(folder)); ++i) {
    folder = base + "-" + std::to_string(i);
  }
  bool isAny = false;
  for (auto& name : names) {
    if (!host.files.exists(kj::Path(name))) continue;
    isAny = true;
    host.files.transfer(kj::Path({folder, name}),
                        kj::WriteMode::CREATE | kj::WriteMode::CREATE_PARENT |
                            kj::WriteMode::PRIVATE,
                        kj::Path(name), kj::TransferMode::MOVE);
  }
  if (isAny) host.files.sync();
  return isAny ? folder : "";
}

void writeFiles(Host& host, const Backup& backup) {
  auto write = [&](const Backup::File& file) {
    kj::Path path(nullptr);
    for (auto& part : file.path) path = kj::mv(path).append(part);
    replaceDurably(host.files, path, view(file.content),
                   kj::WriteMode::PRIVATE | kj::WriteMode::CREATE_PARENT);
  };
  auto isChain = [](const Backup::File& file) { return file.path.back() == CHAIN; };
  for (auto& file : backup.files) {
    if (!isChain(file)) write(file);
  }
  for (auto& file : backup.files) {
    if (isChain(file)) write(file);
  }
}

// In pieces, whatever was there before; the mark comes with the last.
Task<void> fill(Store& store, const BackupTier& tier, const Backup& backup, Restored restored) {
  Batch piece;
  auto looking = store.dump();
  auto before = co_await looking;
  for (auto& step : before.steps()) {
    piece.erase(step.table, step.document.c_str(), view(step.key));
  }
  size_t bytes = 0;
  kj::Maybe<BytesView> audited;
  for (auto& step : backup.rows.steps()) {
    bool isAudit = step.table == Table::META && step.document == tier.document &&
                   view(step.key) == view(AUDIT_ROW);
    if (isAudit) audited = view(step.value);
    piece.put(step.table, step.document.c_str(), view(step.key), view(step.value));
    bytes += step.key.size() + step.value.size();
    if (bytes < RESTORED_BATCH_BYTES) continue;
    bytes = 0;
    auto writing = store.commit(kj::mv(piece)).ignoreResult();
    co_await writing;
    piece = Batch();
  }
  markRestored(restored, tier.document, piece);
  piece.put(Table::META, tier.document, view(AUDIT_ROW),
            view(restoredHead(audited, backup.about.takenMs)));
  auto writing = store.commit(kj::mv(piece)).ignoreResult();
  co_await writing;
}

Task<RestoreDone> restore(Host& host, BackupTier tier, kj::Own<Backup> backup) {
  auto looking = examineStore(host, tier.database, Table::META, tier.document, view("era"));
  auto health = co_await looking;
  if (health.state == StoreHealth::State::HELD) {
    refuse(kj::str("a daemon serves this folder, ", host.path, ": stop it first (systemctl stop "
                   "skerry-", tier.tier, "), then restore again"));
  }
  requireSameDaemon(host, backup->about);
  Restored restored{backup->about.takenMs, host.clock.wallMs(), 0};
  KJ_IF_MAYBE(row, health.row) restored.eraSeen = tier.eraOf(view(*row));
  RestoreDone done{backup->about, keepAside(host, tier)};
  auto opening = openStore(host, tier.database);
  auto store = co_await opening;
  auto filling = fill(*store, tier, *backup, restored);
  co_await filling;
  auto closing = store->close();
  co_await closing;
  writeFiles(host, *backup);
  co_return kj::mv(done);
}

Task<void> send(Bytes encoded, schema::BackupSink::Client sink) {
  for (size_t at = 0; at < encoded.size(); at += SENT_BYTES) {
    auto request = sink.writeRequest();
    request.setData(view(encoded).slice(at, kj::min(encoded.size(), at + SENT_BYTES)));
    auto sending = request.send();
    co_await sending;
  }
  auto ending = sink.doneRequest().send().ignoreResult();
  co_await ending;
}

}  // namespace

kj::Promise<Bytes> takeBackup(Host& host, const BackupTier& tier, Store& store) {
  return store.dump().then([&host, tier](Batch&& rows) {
    auto backup = describe(host, tier);
    backup.rows = kj::mv(rows);
    return encodeBackup(backup);
  });
}

kj::Promise<void> sendBackup(Host& host, const BackupTier& tier, Store& store,
                             schema::BackupSink::Client sink) {
  return takeBackup(host, tier, store).then([sink = kj::mv(sink)](Bytes&& encoded) mutable {
    return kj::Promise<void>(send(std::move(encoded), kj::mv(sink)));
  });
}

kj::Promise<RestoreDone> restoreBackup(Host& host, const BackupTier& tier, Bytes encoded) {
  std::string why;
  auto backup = decodeBackup(view(encoded), why);
  if (!backup) refuse(kj::str(why.c_str()));
  KJ_REQUIRE(backup->about.tier == tier.tier, "this is the backup of another tier",
             backup->about.tier.c_str(), backup->about.name.c_str());
  return kj::Promise<RestoreDone>(restore(host, tier, kj::heap<Backup>(kj::mv(*backup))));
}

}  // namespace skerry
