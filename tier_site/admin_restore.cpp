// Backup, and what a site waits for after a restore.
#include "shared/daemon/recovery.h"
#include "tier_site/admin.h"
#include "tier_site/backup_tier.h"
#include "tier_site/service.h"

namespace skerry {

kj::Promise<void> SiteAdmin::backup(BackupContext context) {
  context.allowCancellation();
  KJ_IF_MAYBE(core, service.current()) {
    return sendBackup(host, siteBackup(), *core->store, context.getParams().getSink());
  }
  return KJ_EXCEPTION(OVERLOADED, "the store is being reopened; try again in a moment");
}

kj::Promise<void> SiteAdmin::restoreStatus(RestoreStatusContext context) {
  auto view = context.getResults().initView();
  view.setIsReady(true);
  KJ_IF_MAYBE(core, service.current()) {
    if (!core->recovery.wasRestored()) return kj::READY_NOW;
    writeRecovery(core->recovery, view);
    view.setIsReady(!core->recovery.awaitsParent);
  }
  return kj::READY_NOW;
}

}  // namespace skerry
