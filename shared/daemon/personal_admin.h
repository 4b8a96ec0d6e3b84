// One caller's Admin: says who that is and what was recorded, and notes what is denied. Everything
// else is the business of the Admin behind it.
#pragma once
#include "shared/daemon/admin_desk.h"
#include "shared/daemon/any_call.h"

namespace skerry {

class PersonalAdmin final : public schema::Admin::Server {
public:
  PersonalAdmin(schema::Admin::Client next, kj::Own<AuditLog> log, AdminPlace place,
                Caller caller)
      : next(kj::mv(next)), log(kj::mv(log)), place(std::move(place)), caller(std::move(caller)) {}

  DispatchCallResult dispatchCall(uint64_t interfaceId, uint16_t methodId,
                                  AnyContext context) override;
  kj::Promise<void> whoami(WhoamiContext context) override;
  kj::Promise<void> audit(AuditContext context) override;

private:
  [[noreturn]] void refuseFromAfar(std::string_view method);
  // Of a call that answered with a problem.
  void noteDenial(const AdminMethod& method, AnyContext& context,
                  capnp::DynamicStruct::Reader results);

  schema::Admin::Client next;
  kj::Own<AuditLog> log;
  const AdminPlace place;
  const Caller caller;
};

}  // namespace skerry
