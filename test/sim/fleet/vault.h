// Backups of simulated machines, as `backup` and `restore` make them.
#pragma once
#include "shared/daemon/backup.h"
#include "test/sim/fleet/fleet.h"
#include "tier_central/backup_tier.h"
#include "tier_region/backup_tier.h"
#include "tier_site/backup_tier.h"

namespace skerry {

constexpr uint64_t BACKUP_MS = 60'000;

inline BackupTier tierOf(const CentralMachine&) { return centralBackup(); }
inline BackupTier tierOf(const RegionMachine&) { return regionBackup(); }
inline BackupTier tierOf(const SiteMachine&) { return siteBackup(); }

// Of a running daemon.
template <typename Machine>
Bytes backUp(Fleet& fleet, Machine& machine) {
  auto& core = KJ_ASSERT_NONNULL(machine.tier()->current());
  return fleet.world.run(takeBackup(machine.host.host(), tierOf(machine), *core.store), BACKUP_MS);
}

// The daemon ends, as when it is stopped; its machine, and what runs on it, does not.
template <typename Machine>
void restore(Fleet& fleet, Machine& machine, const Bytes& backup) {
  machine.host.crash();
  fleet.world.run(restoreBackup(machine.host.host(), tierOf(machine), backup), BACKUP_MS);
  machine.host.restart();
  fleet.until("the restored daemon is up", [&] { return machine.isStarted(); });
}

}  // namespace skerry
