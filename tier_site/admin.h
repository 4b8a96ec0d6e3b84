// A site's answer to the person on site (admin.capnp): what runs here and why, also with every
// upper tier gone; what only central may sign is refused with the way out.
#pragma once
#include "shared/daemon/lower_admin.h"
#include "shared/daemon/views.h"
#include "shared/host/host.h"

namespace skerry {

class SiteCore;
class SiteService;

// What this site reports of itself. Borrows the core.
Registers registers(const SiteCore& core);

// Fails OVERLOADED while its store is being reopened.
SiteCore& coreOf(SiteService& service);

class SiteAdmin final : public LowerAdmin {
public:
  // Both outlive this.
  SiteAdmin(Host& host, SiteService& service) : LowerAdmin("site"), host(host), service(service) {}

  kj::Promise<void> status(StatusContext context) override;
  kj::Promise<void> get(GetContext context) override;
  kj::Promise<void> logs(LogsContext context) override;
  kj::Promise<void> why(WhyContext context) override;
  kj::Promise<void> changed(ChangedContext context) override;
  kj::Promise<void> doctor(DoctorContext context) override;
  kj::Promise<void> usage(UsageContext context) override;
  kj::Promise<void> events(EventsContext context) override;
  kj::Promise<void> backup(BackupContext context) override;
  kj::Promise<void> restoreStatus(RestoreStatusContext context) override;

private:
  Host& host;
  SiteService& service;
};

}  // namespace skerry
