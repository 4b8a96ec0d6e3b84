// What there is of a site to be kept in a backup. What its applications keep is not.
#pragma once
#include "shared/daemon/backup.h"
#include "shared/daemon/self.h"
#include "tier_site/join.h"

namespace skerry {

inline BackupTier siteBackup() {
  // Nobody is below a site, so it counts no eras.
  return {"site", SITE_DATABASE, SELF_DOCUMENT, [](BytesView) -> uint64_t { return 0; }};
}

}  // namespace skerry
