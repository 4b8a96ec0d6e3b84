// The region tier at work.
#pragma once
#include "shared/daemon/admin_socket.h"
#include "shared/daemon/audit_head.h"
#include "shared/daemon/person_door.h"
#include "shared/daemon/program.h"
#include "tier_region/admin.h"

namespace skerry {

class RegionService final : public Service {
public:
  // `host` and `transport` outlive it.
  RegionService(Host& host, const Transport& transport, RegionConfig config);
  ~RegionService() noexcept(false);

  kj::Promise<void> start() override;
  kj::Promise<void> stop() override;
  std::string address() override { return listening; }
  const char* tier() const override { return "region"; }
  void measure(Exposition& to) override;
  std::vector<std::string> unready() override;
  // As its own administrator.
  schema::Admin::Client admin() { return desk.unguarded(); }
  // Null while the store is being reopened.
  kj::Maybe<RegionCore&> current() { return core.get(); }
  Chronicle& journal() { return chronicle; }

private:
  Host& host;
  RegionConfig config;
  std::string listening;
  Chronicle chronicle;
  Rebuilt<RegionCore> core;
  kj::Own<AuditLog> log;
  AdminDesk desk;
  PersonDoor persons;
  kj::Maybe<kj::Own<AdminSocket>> socket;
};

}  // namespace skerry
