// Backup, and what a region waits for after a restore.
#include "tier_region/admin.h"
#include "tier_region/backup_tier.h"

namespace skerry {

kj::Promise<void> RegionAdmin::backup(BackupContext context) {
  context.allowCancellation();
  return sendBackup(host, regionBackup(), *core().store, context.getParams().getSink());
}

kj::Promise<void> RegionAdmin::restoreStatus(RestoreStatusContext context) {
  auto& core = this->core();
  auto view = context.getResults().initView();
  view.setIsReady(!core.recovery.awaitsParent);
  if (!core.recovery.wasRestored()) return kj::READY_NOW;
  writeRecovery(core.recovery, view);
  writeChildren(core.children, view, [](const std::string&, const Child& child) {
    return child.document().isUnread() ? "awaited" : "read";
  });
  return kj::READY_NOW;
}

}  // namespace skerry
