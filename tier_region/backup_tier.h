// What there is of a region to be kept in a backup.
#pragma once
#include "shared/daemon/backup.h"
#include "shared/daemon/self.h"
#include "shared/ledger/ids.h"
#include "tier_region/join.h"

namespace skerry {

inline BackupTier regionBackup() {
  return {"region", REGION_DATABASE, SELF_DOCUMENT,
          [](BytesView row) { return unpackNumber(row).value_or(0); }};
}

}  // namespace skerry
