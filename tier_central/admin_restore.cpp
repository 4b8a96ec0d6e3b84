// Backup, and what central waits for after a restore.
#include "tier_central/admin.h"
#include "tier_central/backup_tier.h"

namespace skerry {
namespace {

const char* stateOf(const CentralCore& core, const std::string& region, const Child& child) {
  if (!child.document().isUnread()) return "read";
  return core.recovery.writtenOff.contains(region) ? "written-off" : "awaited";
}

}  // namespace

Refusals whileRecovering(const CentralCore& core) {
  auto names = core.awaited();
  if (names.empty()) return {};
  std::string list;
  for (auto& name : names) list += (list.empty() ? "" : ", ") + name;
  Refusal refusal;
  refusal.code = 6;
  refusal.reason = "recovering";
  refusal.message = "central was restored from a backup of " + printTime(core.recovery.backupMs) +
                    " and has not heard yet what these regions hold: " + list;
  refusal.hint = "wait until they are connected; do without one that is lost";
  refusal.next = "skerry restore confirm --without " + names[0];
  return {refusal};
}

kj::Promise<void> CentralAdmin::backup(BackupContext context) {
  context.allowCancellation();
  return sendBackup(host, centralBackup(), *core().store, context.getParams().getSink());
}

kj::Promise<void> CentralAdmin::restoreStatus(RestoreStatusContext context) {
  auto& core = this->core();
  auto view = context.getResults().initView();
  view.setIsReady(core.awaited().empty());
  if (!core.recovery.wasRestored()) return kj::READY_NOW;
  writeRecovery(core.recovery, view);
  writeChildren(core.children, view, [&](const std::string& name, const Child& child) {
    return stateOf(core, name, child);
  });
  return kj::READY_NOW;
}

kj::Promise<void> CentralAdmin::restoreConfirm(RestoreConfirmContext context) {
  auto& core = this->core();
  auto name = text(context.getParams().getWithout());
  auto child = core.children.find(name);
  if (child == core.children.end()) {
    refuse(context.getResults(), {notFound("region", name)});
    return kj::READY_NOW;
  }
  if (!child->second->document().isUnread()) return kj::READY_NOW;
  return core.writeOff(name);
}

}  // namespace skerry
