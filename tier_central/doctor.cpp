#include "tier_central/doctor.h"
#include "shared/daemon/daemon_doctor.h"
#include "shared/daemon/doctor_attention.h"
#include "shared/daemon/doctor_live.h"
#include "tier_central/admin.h"
#include "tier_central/init.h"

namespace skerry {
namespace {

// A region that nobody joined as yet is waited for, and not away.
void addRegions(const CentralCore& core, Findings& findings) {
  size_t online = 0;
  for (auto& [name, child] : core.children) {
    if (child->online()) ++online;
    if (child->online() || child->sinceMs() == 0) continue;
    findings.push_back(warning("regions", "region " + name + " is offline since " +
                               printTimeToSecond(child->sinceMs()) + "; its sites go on, and are "
                               "shown as last heard of. On its machine:", "skerry-region doctor"));
  }
  auto declared = core.registry.regions.size();
  findings.push_back(fine("regions", std::to_string(online) + " of " + std::to_string(declared) +
                          (declared == 1 ? " region is online" : " regions are online")));
}

}  // namespace

Subject centralSubject(Host& host) {
  return subjectOf(host, "skerry-central", CENTRAL_DATABASE, "skerry-central init");
}

kj::Promise<Findings> examineCentral(Host& host, const Transport& transport, std::string listen) {
  Examination examination;
  examination.subject = centralSubject(host);
  examination.listen = listen;
  return examineWithReadiness(host, transport, kj::mv(examination));
}

kj::Promise<void> CentralAdmin::doctor(DoctorContext context) {
  auto subject = centralSubject(host);
  auto findings = examineMachine(host, subject);
  append(findings, examineIdentity(host, subject, lookAtIdentity(host), RenewedBy::BY_ITSELF));
  KJ_IF_MAYBE(core, current.get()) {
    addRegions(*core, findings);
    for (auto& stale : staleSites(*core, summarise(registers(*core)))) {
      findings.push_back(warning("authority", stale, "skerry get sites -o wide"));
    }
    append(findings, attention(registers(*core)));
    findings.push_back(storeTakesWrites());
  } else {
    findings.push_back(storeIsReopened(subject, "what was answered before is safe"));
  }
  writeFindings(findings, context.getResults());
  return kj::READY_NOW;
}

}  // namespace skerry
