// A region's answer to its operators (admin.capnp): shows its sites; what only central may sign is
// refused with the way out.
#pragma once
#include "shared/daemon/lower_admin.h"
#include "shared/daemon/rebuilt.h"
#include "shared/daemon/views.h"
#include "tier_region/core.h"

namespace skerry {

// Status registers of this region's sites. Borrows the core.
Registers registers(const RegionCore& core);

class RegionAdmin final : public LowerAdmin {
public:
  // `core` outlives this.
  RegionAdmin(Host& host, Rebuilt<RegionCore>& core)
      : LowerAdmin("region"), host(host), current(core) {}

  kj::Promise<void> status(StatusContext context) override;
  kj::Promise<void> get(GetContext context) override;
  kj::Promise<void> logs(LogsContext context) override;
  kj::Promise<void> why(WhyContext context) override;
  kj::Promise<void> changed(ChangedContext context) override;
  kj::Promise<void> doctor(DoctorContext context) override;
  kj::Promise<void> usage(UsageContext context) override;
  kj::Promise<void> approveHost(ApproveHostContext context) override;
  kj::Promise<void> events(EventsContext context) override;
  kj::Promise<void> backup(BackupContext context) override;
  kj::Promise<void> restoreStatus(RestoreStatusContext context) override;

private:
  RegionCore& core();

  Host& host;
  Rebuilt<RegionCore>& current;
};

}  // namespace skerry
