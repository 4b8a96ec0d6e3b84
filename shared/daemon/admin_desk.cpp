#include "shared/daemon/admin_desk.h"
#include "shared/daemon/bounded_admin.h"
#include "shared/daemon/personal_admin.h"
#include "shared/daemon/recorded_admin.h"

namespace skerry {
namespace {

class StrangersAdmin final : public schema::Admin::Server {
public:
  StrangersAdmin(std::string name, std::string tier)
      : name(std::move(name)), tier(std::move(tier)) {}
  kj::Promise<void> whoami(WhoamiContext context) override {
    Refusal refusal;
    refusal.code = 4;
    refusal.reason = "unknown-user";
    refusal.message = "this " + tier + " knows nobody with the key of this context: " + name +
                      " was removed, was reset, or is not known here yet";
    refusal.hint = "a tier that was cut off learns of people when it is back; else ask an "
                   "administrator for a new context: skerry user reset NAME --out FILE";
    refuse(context.getResults(), {refusal});
    return kj::READY_NOW;
  }

private:
  std::string name, tier;
};

}  // namespace

schema::Admin::Client AdminDesk::serve(Caller caller) {
  auto where = place();
  schema::Admin::Client next = kj::heap<RecordedAdmin>(tier, kj::addRef(*log), caller);
  if (!caller.principal.isUnbounded()) {
    next = kj::heap<BoundedAdmin>(kj::mv(next), where, caller.principal);
  }
  return kj::heap<PersonalAdmin>(kj::mv(next), kj::addRef(*log), kj::mv(where), std::move(caller));
}

schema::Admin::Client AdminDesk::serveStranger(const std::string& name, const std::string& from) {
  AuditEntry entry;
  entry.who = name;
  entry.from = from;
  entry.action = "connect";
  entry.outcome = "denied";
  entry.text = "nobody known here has this key";
  log->deny(std::move(entry));
  return kj::heap<StrangersAdmin>(name, place().tier);
}

}  // namespace skerry
