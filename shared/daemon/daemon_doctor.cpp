#include "shared/daemon/daemon_doctor.h"
#include "shared/doctor/boot_check.h"
#include "shared/doctor/doctor_limits.h"
#include "shared/host/real_service.h"

namespace skerry {
namespace {

constexpr const char* STORE_CHECK = "store";

}  // namespace

Subject subjectOf(Host& host, const std::string& program, kj::StringPtr database,
                  const std::string& beginning) {
  Subject subject;
  subject.program = program;
  subject.path = ownFolder() + "/" + program;
  subject.folder = host.path.cStr();
  subject.database = database.cStr();
  subject.beginning = beginning;
  subject.descriptors = DESCRIPTORS_OF_PARENT;
  return subject;
}

kj::Promise<Findings> readinessOf(Host& host, Subject subject) {
  auto looking = lookAtBoot(host, subject.program + ".service");
  return looking.then([subject = kj::mv(subject)](BootFacts&& facts) {
    return Findings{judgeBoot(subject, facts)};
  });
}

kj::Promise<Findings> examineWithReadiness(Host& host, const Transport& transport,
                                           Examination examination) {
  auto subject = examination.subject;
  return examineDaemon(host, transport, kj::mv(examination))
      .then([&host, subject](Examined&& found) -> kj::Promise<Findings> {
    if (!found.isJoined) return found.all();
    return readinessOf(host, subject).then([found = kj::mv(found)](Findings&& boot) mutable {
      append(found.seen, boot);
      return found.all();
    });
  });
}

Finding storeTakesWrites() { return fine(STORE_CHECK, "takes what is written"); }

Finding storeIsReopened(const Subject& subject, const std::string& meanwhile) {
  return problem(STORE_CHECK, "the disk failed a write and the store is being opened again; " +
                 meanwhile + ". Make room, or replace the disk", "df -h " + subject.folder);
}

}  // namespace skerry
