// Backup and restore of one daemon: its identity and everything in its database.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/daemon/backup_file.h"
#include "shared/daemon/restored.h"

namespace skerry {

// How folders begin that keep what a restore replaced: they hold keys.
constexpr kj::StringPtr KEPT_ASIDE = "before-restore-"_kj;

// What there is of a tier to be kept.
struct BackupTier {
  const char* tier;           // central, region, site
  kj::StringPtr database;     // its file
  kj::StringPtr document;     // of the daemon's own rows
  uint64_t (*eraOf)(BytesView row);  // of the row `era`
};

// By whoever has the store open; one moment of it. `host` and `store` outlive the promise.
kj::Promise<Bytes> takeBackup(Host& host, const BackupTier& tier, Store& store);
// The same, to who asked through admin.sock.
kj::Promise<void> sendBackup(Host& host, const BackupTier& tier, Store& store,
                             schema::BackupSink::Client sink);

struct RestoreDone {
  Backup::About about;
  std::string keptIn;  // folder inside the data folder; empty: there was nothing before
};
// Into the data folder of a daemon that does not run. FAILED, and nothing changed, when the backup
// is not whole, of another tier, fleet or daemon, or when a daemon serves the folder. What was
// there is kept. Cut short, it leaves a folder that no daemon serves, and can be done again.
kj::Promise<RestoreDone> restoreBackup(Host& host, const BackupTier& tier, Bytes encoded);

}  // namespace skerry
