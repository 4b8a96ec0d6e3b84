#include "tier_region/doctor.h"
#include "shared/daemon/doctor_attention.h"
#include "shared/daemon/doctor_live.h"
#include "shared/doctor/boot_check.h"
#include "shared/doctor/doctor_limits.h"
#include "shared/host/real_service.h"
#include "tier_region/admin.h"
#include "tier_region/join.h"

namespace skerry {
namespace {

constexpr const char* PROGRAM = "skerry-region";

}  // namespace

Subject regionSubject(Host& host) {
  Subject subject;
  subject.program = PROGRAM;
  subject.path = ownFolder() + "/" + PROGRAM;
  subject.folder = host.path.cStr();
  subject.database = REGION_DATABASE.cStr();
  subject.beginning = "skerry-region join TOKEN";
  subject.descriptors = DESCRIPTORS_OF_PARENT;
  return subject;
}

kj::Promise<Findings> readinessOfRegion(Host& host) {
  auto subject = regionSubject(host);
  return lookAtBoot(host, "skerry-region.service").then([subject](BootFacts&& facts) {
    return Findings{judgeBoot(subject, facts)};
  });
}

kj::Promise<Findings> examineRegion(Host& host, const Transport& transport, std::string listen) {
  Examination examination;
  examination.subject = regionSubject(host);
  examination.parent = "central";
  examination.listen = listen;
  return examineDaemon(host, transport, kj::mv(examination))
      .then([&host](Examined&& found) -> kj::Promise<Findings> {
    if (!found.isJoined) return found.all();
    return readinessOfRegion(host).then([found = kj::mv(found)](Findings&& boot) mutable {
      append(found.seen, boot);
      return found.all();
    });
  });
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
    findings.push_back(fine("store", "takes what is written"));
    writeFindings(findings, context.getResults());
  } else {
    auto findings = examineMachine(host, subject);
    findings.push_back(problem("store", "the disk failed a write and the store is being opened "
                               "again; its sites run on. Make room, or replace the disk",
                               "df -h " + subject.folder));
    writeFindings(findings, context.getResults());
  }
  return kj::READY_NOW;
}

}  // namespace skerry
