// A tier's Admin whose changes are recorded: each before it is passed on, and again with what came
// of it; what cannot be recorded is not passed on. Whatever is not known to change nothing is taken
// for a change: methods that come later included.
#pragma once
#include "shared/daemon/admin_desk.h"
#include "shared/daemon/any_call.h"

namespace skerry {

class RecordedAdmin final : public schema::Admin::Server {
public:
  RecordedAdmin(schema::Admin::Client tier, kj::Own<AuditLog> log, Caller caller)
      : tier(kj::mv(tier)), log(kj::mv(log)), caller(std::move(caller)) {}
  DispatchCallResult dispatchCall(uint64_t interfaceId, uint16_t methodId,
                                  AnyContext context) override;

private:
  // What a person should know of the log stands among what the tier says.
  kj::Promise<void> addFinding(AdminMethod method, AnyContext context, AnyRequest request);
  kj::Promise<void> change(AdminMethod method, AnyContext context, AnyRequest request);

  schema::Admin::Client tier;
  kj::Own<AuditLog> log;
  const Caller caller;
};

}  // namespace skerry
