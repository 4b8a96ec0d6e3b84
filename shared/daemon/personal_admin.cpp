#include "shared/daemon/personal_admin.h"
#include "shared/daemon/admin_socket.h"
#include "shared/daemon/audit_entries.h"
#include "shared/daemon/audit_query.h"
#include "shared/model/time_text.h"
#include <set>

namespace skerry {
namespace {

// These may take as long as the caller likes.
const std::set<std::string_view> LONG{"logs", "changed", "usage",  "doctor",
                                      "get",  "status",  "events", "why",
                                      "backup"};
// What these answer with, keys among it, does not leave the machine.
const std::set<std::string_view> AT_THE_MACHINE{"backup"};

}  // namespace

PersonalAdmin::DispatchCallResult PersonalAdmin::dispatchCall(uint64_t interfaceId,
                                                              uint16_t methodId,
                                                              AnyContext context) {
  auto known = adminMethod(interfaceId, methodId);
  KJ_IF_MAYBE(method, known) {
    auto name = nameOf(*method);
    if (AT_THE_MACHINE.contains(name) && caller.from != ADMIN_SOCKET.cStr()) refuseFromAfar(name);
    if (name != "whoami" && name != "audit") {
      auto request = passOn(next, *method, context);
      if (LONG.contains(name)) context.allowCancellation();
      if (caller.principal.isUnbounded()) return {context.tailCall(kj::mv(request)), false};
      return {request.send().then([this, method = *method, context](auto&& answer) mutable {
        noteDenial(method, context,
                   answer.template getAs<capnp::DynamicStruct>(method.getResultType()));
        context.getResults().set(answer);
      }), false};
    }
  }
  return schema::Admin::Server::dispatchCall(interfaceId, methodId, context);
}

void PersonalAdmin::refuseFromAfar(std::string_view method) {
  auto entry = entryOf(caller, method);
  entry.outcome = "denied";
  entry.text = "asked for from another machine";
  log->deny(kj::mv(entry));
  KJ_FAIL_REQUIRE("this holds the private keys of the daemon and is had on its own machine only",
                  std::string(method).c_str());
}

void PersonalAdmin::noteDenial(const AdminMethod& method, AnyContext& context,
                               capnp::DynamicStruct::Reader results) {
  AuditEntry refused;
  if (!describeProblem(results, refused) || refused.outcome != "denied") return;
  auto entry = entryOf(caller, nameOf(method));
  describeCall(paramsOf(method, context), entry);
  entry.outcome = refused.outcome;
  entry.text = refused.text;
  log->deny(std::move(entry));
}

kj::Promise<void> PersonalAdmin::whoami(WhoamiContext context) {
  auto person = context.getResults().initPerson();
  person.setName(caller.principal.name);
  person.setRole(wordOf(caller.principal.role));
  person.setScope(wordOf(caller.principal.scope.of));
  person.setScopeName(caller.principal.scope.name);
  person.setTier(place.tier);
  person.setTierName(place.name);
  if (caller.untilMs != 0) person.setCertificateEnds(printTime(caller.untilMs));
  return kj::READY_NOW;
}

kj::Promise<void> PersonalAdmin::audit(AuditContext context) {
  answerAudit(*log, caller.principal, context.getParams().getQuery(), context.getResults());
  return kj::READY_NOW;
}

}  // namespace skerry
