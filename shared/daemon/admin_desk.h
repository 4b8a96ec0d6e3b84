// Makes an Admin for whoever came: it knows who that is, records each change and each refusal
// (audit_log.h), and lets a bounded role through to its own alone (bounded_admin.h). The tier
// behind it answers as to its administrator, and knows nothing of people.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/daemon/admin_place.h"
#include "shared/daemon/audit_log.h"
#include "shared/model/principal.h"

namespace skerry {

// Whoever came, and from where.
struct Caller {
  Principal principal;
  std::string from;     // `admin.sock`, or an address
  int64_t untilMs = 0;  // when the certificate ends; 0: there is none
};

class AdminDesk final {
public:
  // `place` may change, when a site learns its region. What it makes may outlive it, and changes
  // nothing any more then.
  AdminDesk(schema::Admin::Client tier, kj::Own<AuditLog> log, kj::Function<AdminPlace()> place)
      : tier(kj::mv(tier)), log(kj::mv(log)), place(kj::mv(place)) {}
  ~AdminDesk() noexcept(false) { log->close(); }
  KJ_DISALLOW_COPY(AdminDesk);

  schema::Admin::Client serve(Caller caller);
  // For a certificate of this fleet whose key belongs to nobody: all it hears is that.
  schema::Admin::Client serveStranger(const std::string& name, const std::string& from);
  // As its own administrator.
  schema::Admin::Client unguarded() { return tier; }

private:
  schema::Admin::Client tier;
  kj::Own<AuditLog> log;
  kj::Function<AdminPlace()> place;
};

}  // namespace skerry
