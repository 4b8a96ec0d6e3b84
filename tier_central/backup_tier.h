// What there is of central to be kept in a backup.
#pragma once
#include "shared/daemon/backup.h"
#include "tier_central/init.h"
#include "tier_central/registry.h"

namespace skerry {

inline BackupTier centralBackup() {
  return {"central", CENTRAL_DATABASE, CENTRAL_DOCUMENT, &Registry::eraOf};
}

}  // namespace skerry
