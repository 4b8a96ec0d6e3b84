#include "tier_region/doctor.h"
#include "shared/daemon/daemon_doctor.h"
#include "shared/daemon/doctor_attention.h"
#include "shared/daemon/doctor_live.h"
#include "tier_region/admin.h"
#include "tier_region/join.h"

namespace skerry {

Subject regionSubject(Host& host) {
  return subjectOf(host, "skerry-region", REGION_DATABASE, "skerry-region join TOKEN");
}

kj::Promise<Findings> readinessOfRegion(Host& host) {
  return readinessOf(host, regionSubject(host));
}

kj::Promise<Findings> examineRegion(Host& host, const Transport& transport, std::string listen) {
  Examination examination;
  examination.subject = regionSubject(host);
  examination.parent = "central";
  examination.listen = listen;
  return examineWithReadiness(host, transport, kj::mv(examination));
}

kj::Promise<void> RegionAdmin::doctor(DoctorContext context) {
  auto subject = regionSubject(host);
  KJ_IF_MAYBE(core, current.get()) {
    ClockFacts clock;
    clock.parent = "central";
    if (core->parent->online()) clock.behindMs = core->clock.error();
    auto findings = examineMachine(host, subject, clock);
    append(findings, examineIdentity(host, subject, lookAtIdentity(host), RenewedBy::BY_ITSELF));
    LinkFacts link{"central", core->parent->online(), core->parent->sinceMs(),
                   core->parent->dialling().address, core->parent->dialling().lastError};
    findings.push_back(judgeLink(link));
    append(findings, attention(registers(*core)));
    findings.push_back(storeTakesWrites());
    writeFindings(findings, context.getResults());
  } else {
    auto findings = examineMachine(host, subject);
    findings.push_back(storeIsReopened(subject, "its sites run on"));
    writeFindings(findings, context.getResults());
  }
  return kj::READY_NOW;
}

}  // namespace skerry
