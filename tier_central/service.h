// The central tier at work.
#pragma once
#include "shared/daemon/admin_socket.h"
#include "shared/daemon/audit_head.h"
#include "shared/daemon/person_door.h"
#include "shared/daemon/program.h"
#include "tier_central/admin.h"

namespace skerry {

class CentralService final : public Service {
public:
  // `host` and `transport` outlive it.
  CentralService(Host& host, const Transport& transport, CentralConfig config);
  ~CentralService() noexcept(false);

  kj::Promise<void> start() override;
  kj::Promise<void> stop() override;
  std::string address() override { return listening; }
  const char* tier() const override { return "central"; }
  void measure(Exposition& to) override;
  std::vector<std::string> unready() override;
  // As its own administrator.
  schema::Admin::Client admin() { return desk.unguarded(); }
  // Null while the store is being reopened.
  kj::Maybe<CentralCore&> current() { return core.get(); }

private:
  Host& host;
  CentralConfig config;
  std::string listening;
  Chronicle chronicle;
  Rebuilt<CentralCore> core;
  kj::Own<AuditLog> log;
  AdminDesk desk;
  PersonDoor persons;
  kj::Maybe<kj::Own<AdminSocket>> socket;
};

}  // namespace skerry
