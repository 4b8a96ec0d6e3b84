#include "shared/daemon/recorded_admin.h"
#include "shared/daemon/audit_entries.h"
#include <capnp/message.h>
#include <set>

namespace skerry {
namespace {

// These change nothing.
const std::set<std::string_view> SHOWING{"status", "plan",    "get",    "logs",
                                         "why",    "changed", "doctor", "usage", "events",
                                         "restoreStatus"};

bool isChange(std::string_view method, AnyContext& context) {
  if (method == "apply") {
    return !context.getParams().getAs<schema::Admin::ApplyParams>().getDryRun();
  }
  return !SHOWING.contains(method);
}

Refusal unrecorded(const kj::Exception& reason) {
  Refusal refusal;
  refusal.code = 1;
  refusal.reason = "audit-unwritable";
  refusal.message = "nothing was done, because it cannot be recorded: " +
                    text(reason.getDescription());
  refusal.hint = "make room on the disk of this daemon's data folder, or mend its folder audit";
  return refusal;
}

}  // namespace

RecordedAdmin::DispatchCallResult RecordedAdmin::dispatchCall(uint64_t interfaceId,
                                                              uint16_t methodId,
                                                              AnyContext context) {
  KJ_IF_MAYBE(method, adminMethod(interfaceId, methodId)) {
    auto request = passOn(tier, *method, context);
    if (isChange(nameOf(*method), context)) {
      return {change(*method, context, kj::mv(request)), false};
    }
    context.allowCancellation();
    bool hasFindings = nameOf(*method) == "status" || nameOf(*method) == "doctor";
    if (hasFindings && !log->finding().empty()) {
      return {addFinding(*method, context, kj::mv(request)), false};
    }
    return {context.tailCall(kj::mv(request)), false};
  }
  return schema::Admin::Server::dispatchCall(interfaceId, methodId, context);
}

kj::Promise<void> RecordedAdmin::addFinding(AdminMethod method, AnyContext context,
                                            AnyRequest request) {
  using Findings = capnp::List<schema::Finding>;
  return request.send().then([this, method, context](auto&& answer) mutable {
    context.getResults().set(answer);
    auto all = context.getResults().template getAs<capnp::DynamicStruct>(method.getResultType());
    if (nameOf(method) == "status") all = all.get("status").template as<capnp::DynamicStruct>();
    capnp::MallocMessageBuilder message;
    auto copied = message.initRoot<capnp::AnyPointer>();
    copied.setAs<Findings>(all.asReader().get("findings").template as<Findings>());
    auto kept = copied.asReader().getAs<Findings>();
    auto list = all.init("findings", kept.size() + 1).template as<Findings>();
    for (kj::uint i = 0; i < kept.size(); ++i) list.setWithCaveats(i, kept[i]);
    auto ours = list[kept.size()];
    ours.setCheck("audit");
    ours.setVerdict(schema::Finding::Verdict::PROBLEM);
    ours.setText(log->finding());
    ours.setNext("skerry audit --verify");
  });
}

kj::Promise<void> RecordedAdmin::change(AdminMethod method, AnyContext context,
                                        AnyRequest request) {
  auto asked = entryOf(caller, nameOf(method));
  describeCall(paramsOf(method, context), asked);
  asked.outcome = "asked";
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] { asked.of = log->ask(asked); })) {
    return refuseAny(method, context, unrecorded(*reason));
  }
  return request.send().then([this, method, context, asked](auto&& answer) mutable {
    // What the change set off goes out first: the log keeps the loop until it is on disk.
    return kj::evalLast([this, method, context, asked, answer = kj::mv(answer)]() mutable {
      auto results = answer.template getAs<capnp::DynamicStruct>(method.getResultType());
      auto refused = asked;
      bool isRefused = describeProblem(results, refused);
      log->note(isRefused ? std::vector<AuditEntry>{refused} : describeOutcome(results, asked));
      context.getResults().set(answer);
    });
  }, [this, asked](kj::Exception&& reason) mutable {
    asked.outcome = "failed";
    asked.text = text(reason.getDescription());
    log->note({asked});
    kj::throwFatalException(kj::mv(reason));
  });
}

}  // namespace skerry
