// A backup as bytes (backup.capnp): what a daemon is, in one file that is told from a damaged one.
#pragma once
#include "shared/crypto/hash.h"
#include "shared/store/store.h"
#include <optional>
#include <string>
#include <vector>

namespace skerry {

constexpr size_t BACKUP_BYTES_MAX = size_t(4) << 30;
constexpr size_t BACKUP_FILE_BYTES_MAX = 1 << 20;  // one of those beside the database

struct Backup {
  struct About {
    std::string tier, name, version;
    Hash rootKey;
    int64_t takenMs = 0;
  };
  struct File {
    std::vector<std::string> path;  // inside the data folder
    Bytes content;
  };
  About about;
  std::vector<File> files;
  Batch rows;  // puts, of all there are
};

Bytes encodeBackup(const Backup& backup);
// Nothing when it is not whole, or of a format that this version does not know: `why`, for people.
std::optional<Backup> decodeBackup(BytesView encoded, std::string& why);

}  // namespace skerry
