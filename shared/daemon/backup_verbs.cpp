#include "shared/daemon/backup_verbs.h"
#include "shared/async/task.h"
#include "shared/daemon/admin_socket.h"
#include "shared/daemon/audit_log.h"
#include "shared/host/files.h"
#include "shared/model/time_text.h"
#include "shared/pki/identity.h"
#include <capnp/rpc-twoparty.h>
#include <iostream>

namespace skerry {
namespace {

constexpr int EXIT_DONE = 0;

// Gathers what a daemon sends.
class Gathering final : public schema::BackupSink::Server {
public:
  explicit Gathering(Bytes& to) : to(to) {}
  kj::Promise<void> write(WriteContext context) override {
    auto data = context.getParams().getData();
    KJ_REQUIRE(to.size() + data.size() <= BACKUP_BYTES_MAX, "this daemon sends no end of a backup");
    to.insert(to.end(), data.begin(), data.end());
    return kj::READY_NOW;
  }
  kj::Promise<void> done(DoneContext) override { return kj::READY_NOW; }

private:
  Bytes& to;
};

Task<Bytes> askDaemon(kj::Own<kj::AsyncIoStream> stream) {
  capnp::TwoPartyClient rpc(*stream);
  Bytes gathered;
  auto request = rpc.bootstrap().castAs<schema::Admin>().backupRequest();
  request.setSink(kj::heap<Gathering>(gathered));
  auto asking = request.send().ignoreResult();
  co_await asking;
  co_return gathered;
}

// A daemon that runs records it itself. Private keys leave: what cannot be recorded is not done.
Task<void> recordBackup(Host& host, const BackupTier& tier, Store& store) {
  auto reading = store.get(Table::META, tier.document, view(AUDIT_ROW));
  auto row = co_await reading;
  Batch head;
  auto log = kj::refcounted<AuditLog>(host.files, host.clock, host.timer, [&](Bytes saved) {
    head.put(Table::META, tier.document, view(AUDIT_ROW), view(saved));
  });
  log->open(kj::mv(row));
  AuditEntry entry;
  entry.action = "backup";
  entry.from = "the stopped daemon's folder";
  entry.outcome = "done";
  log->append({entry});
  auto saving = store.commit(kj::mv(head)).ignoreResult();
  co_await saving;
}

Task<Bytes> readStopped(Host& host, BackupTier tier) {
  KJ_REQUIRE(IdentityFolder(host.files).isEnrolled(),
             "this folder holds no daemon that could be backed up", host.path);
  auto opening = openStore(host, tier.database);
  auto store = co_await opening;
  auto recording = recordBackup(host, tier, *store);
  co_await recording;
  auto taking = takeBackup(host, tier, *store);
  auto encoded = co_await taking;
  auto closing = store->close();
  co_await closing;
  co_return encoded;
}

kj::Promise<Bytes> backUp(Host& host, BackupTier tier) {
  auto path = kj::str("unix:", host.path, "/", ADMIN_SOCKET);
  return host.network.parseAddress(path).then([](kj::Own<kj::NetworkAddress>&& address) {
    auto connecting = address->connect();
    return connecting.attach(kj::mv(address));
  }).then([](kj::Own<kj::AsyncIoStream>&& stream) {
    return kj::Maybe<kj::Own<kj::AsyncIoStream>>(kj::mv(stream));
  }, [](kj::Exception&&) -> kj::Maybe<kj::Own<kj::AsyncIoStream>> { return nullptr; })
      .then([&host, tier](kj::Maybe<kj::Own<kj::AsyncIoStream>>&& stream) -> kj::Promise<Bytes> {
    KJ_IF_MAYBE(open, stream) return askDaemon(kj::mv(*open));
    return readStopped(host, tier);
  });
}

void save(const std::string& file, const Bytes& content) {
  auto disk = kj::newDiskFilesystem();
  auto path = disk->getCurrentPath().evalNative(file);
  KJ_REQUIRE(content.size() <= BACKUP_BYTES_MAX,
             "the database is too large for a backup, which could not be restored",
             content.size(), BACKUP_BYTES_MAX);
  replaceDurably(disk->getRoot(), path, view(content), kj::WriteMode::PRIVATE);
}

Bytes load(const std::string& file) {
  auto disk = kj::newDiskFilesystem();
  auto content = readFile(disk->getRoot(), disk->getCurrentPath().evalNative(file),
                          BACKUP_BYTES_MAX);
  return kj::mv(KJ_REQUIRE_NONNULL(content, "there is no such file", file.c_str()));
}

int tellRestored(const BackupTier& tier, const std::string& data, const RestoreDone& done) {
  std::cout << "restored " << done.about.name << " as of " << printTime(done.about.takenMs)
            << " into " << data << "\n";
  if (!done.keptIn.empty()) {
    std::cout << "what was there before is in " << data << "/" << done.keptIn << "\n";
  }
  std::cout << "next: start it, skerry-" << tier.tier << " serve --data " << data << std::endl;
  return EXIT_DONE;
}

}  // namespace

void addBackupVerbs(CLI::App& app, const std::string& data, int& code, BackupTier tier) {
  auto file = std::make_shared<std::string>();
  auto backup = app.add_subcommand("backup", "write identity and database to a file");
  backup->add_option("--to", *file, "the file; it will hold private keys")->required();
  backup->callback([&data, &code, tier, file] {
    code = runOnce(data, [&](Host& host, const Transport&) -> kj::Promise<int> {
      return backUp(host, tier).then([&](Bytes&& content) {
        save(*file, content);
        std::cout << "backup in " << *file << ", " << content.size() << " bytes\n"
                  << "it holds private keys: keep it as safe as this machine" << std::endl;
        return EXIT_DONE;
      });
    }, DataFolder::LEAVE);
  });
  auto restore = app.add_subcommand("restore", "put a backup into the data folder");
  restore->add_option("FILE", *file, "as `backup` wrote it")->required();
  restore->callback([&data, &code, tier, file] {
    code = runOnce(data, [&](Host& host, const Transport&) -> kj::Promise<int> {
      return restoreBackup(host, tier, load(*file)).then([&](RestoreDone&& done) {
        return tellRestored(tier, data, done);
      });
    });
  });
}

}  // namespace skerry
