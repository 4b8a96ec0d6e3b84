#include "tier_site/doctor.h"
#include "shared/async/task.h"
#include "shared/daemon/daemon_doctor.h"
#include "shared/daemon/doctor_attention.h"
#include "shared/daemon/doctor_live.h"
#include "shared/doctor/doctor_limits.h"
#include "shared/host/real_service.h"
#include "tier_site/admin.h"
#include "tier_site/doctor_host.h"
#include "tier_site/join.h"

namespace skerry {
namespace {

struct Readiness {
  Findings findings;
  EngineFacts engine;
};

// Before joining nothing has to start by itself.
enum class Stage : uint8_t { BEFORE_JOINING, JOINED };

// `host` outlives it.
Task<Readiness> lookAtReadiness(Host& host, SiteConfig config, Stage stage) {
  Readiness seen;
  auto subject = siteSubject(host);
  auto hosting = examineHost(host, subject, config.process.keeperProgram);
  seen.findings = co_await hosting;
  auto asking = lookAtEngine(host, config.engineSocket);
  seen.engine = co_await asking;
  seen.findings.push_back(judgeEngine(subject, seen.engine));
  if (stage == Stage::BEFORE_JOINING) co_return kj::mv(seen);
  auto booting = readinessOf(host, subject);
  auto boot = co_await booting;
  append(seen.findings, boot);
  if (seen.engine.isThere) {
    auto unitBooting = lookAtBoot(host, unitOfEngine(seen.engine));
    auto unit = co_await unitBooting;
    seen.findings.push_back(judgeEngineBoot(seen.engine, unit));
  }
  co_return kj::mv(seen);
}

// `host` and `transport` outlive it.
Task<Findings> examineTask(Host& host, const Transport& transport, SiteConfig config) {
  Examination examination;
  examination.subject = siteSubject(host);
  examination.renewal = RenewedBy::BY_KEY;
  examination.parent = "the region";
  auto examining = examineDaemon(host, transport, examination);
  auto found = co_await examining;
  auto looking = lookAtReadiness(host, config, found.isJoined ? Stage::JOINED
                                                              : Stage::BEFORE_JOINING);
  auto readiness = co_await looking;
  append(found.seen, readiness.findings);
  if (found.isJoined && !found.isServed) {
    found.seen.push_back(fine("images", "not known while the daemon does not serve"));
  }
  auto all = found.all();
  if (!found.name.empty()) {
    append(all, byHand(examination.subject, readiness.engine, siteNamed(found.name)));
  }
  co_return all;
}

ClockFacts clockOf(SiteCore& core) {
  ClockFacts clock;
  clock.parent = "the region";
  KJ_IF_MAYBE(parent, core.parent) {
    if ((*parent)->online()) clock.behindMs = core.clock.error();
  }
  return clock;
}

Finding linkOf(SiteCore& core) {
  LinkFacts link;
  link.parent = core.regionName.empty() ? "the region" : "region " + core.regionName;
  KJ_IF_MAYBE(parent, core.parent) {
    link.isOnline = (*parent)->online();
    link.sinceMs = (*parent)->sinceMs();
    link.address = (*parent)->dialling().address;
    link.lastError = (*parent)->dialling().lastError;
  }
  if (link.address.empty() && !core.self.parents.empty()) link.address = core.self.parents[0];
  return judgeLink(link);
}

std::set<std::string> imagesOf(const SiteCore& core) {
  std::set<std::string> images;
  for (auto& [id, slot] : core.slots()) {
    if (slot.rendered.kind == RuntimeKind::CONTAINER) images.insert(slot.rendered.image);
  }
  return images;
}

// What needs no waiting. `images` gets those that are wanted.
Findings lookAtCore(Host& host, SiteService& service, std::set<std::string>& images) {
  auto subject = siteSubject(host);
  KJ_IF_MAYBE(core, service.current()) {
    auto findings = examineMachine(host, subject, clockOf(*core));
    append(findings, examineIdentity(host, subject, lookAtIdentity(host), RenewedBy::BY_KEY));
    findings.push_back(linkOf(*core));
    append(findings, attention([core](const RegisterVisitor& visit) {
      for (auto& [key, held] : core->registers->all()) visit(core->self.name, key, held.value);
    }));
    auto trouble = service.diskTrouble();
    if (trouble.empty()) {
      findings.push_back(storeTakesWrites());
    } else {
      findings.push_back(problem("store", trouble + "; applications run and are healed, changes "
                                 "from above wait", "df -h " + subject.folder));
    }
    images = imagesOf(*core);
    return findings;
  }
  auto findings = examineMachine(host, subject);
  findings.push_back(storeIsReopened(subject, "applications run on"));
  return findings;
}

// `host` and `service` outlive it.
Task<Findings> examineServing(Host& host, SiteService& service) {
  std::set<std::string> images;
  auto findings = lookAtCore(host, service, images);
  auto& socket = service.configuration().engineSocket;
  auto asking = lookAtEngine(host, socket);
  auto engine = co_await asking;
  findings.push_back(judgeEngine(siteSubject(host), engine));
  std::set<std::string> missing;
  if (engine.answers) {
    auto looking = missingImages(host, socket, images);
    // An engine that went away meanwhile is told the next time.
    auto looked = looking.catch_([](kj::Exception&&) { return std::set<std::string>(); });
    missing = co_await looked;
  }
  append(findings, judgeImages(engine, images, missing));
  co_return findings;
}

}  // namespace

Subject siteSubject(Host& host) {
  auto subject = subjectOf(host, "skerry-site", SITE_DATABASE, "skerry-site join TOKEN");
  subject.leaving = "skerry-site leave";
  subject.descriptors = DESCRIPTORS_OF_SITE;
  subject.runsApplications = true;
  return subject;
}

std::string siteNamed(const std::string& name) {
  auto colon = name.find(':');
  return colon == name.npos ? "" : name.substr(colon + 1, name.find('/') - colon - 1);
}

kj::Promise<Findings> examineSite(Host& host, const Transport& transport, SiteConfig config) {
  return examineTask(host, transport, kj::mv(config));
}

kj::Promise<Findings> readinessOfSite(Host& host, SiteConfig config) {
  kj::Promise<Readiness> looking = lookAtReadiness(host, kj::mv(config), Stage::JOINED);
  return looking.then([](Readiness&& seen) { return kj::mv(seen.findings); });
}

Findings byHand(const Subject& subject, const EngineFacts& engine, const std::string& site) {
  constexpr const char* CHECK = "byHand";
  constexpr const char* STOPPED = "; stop skerry-site first, which would start them again";
  Findings commands;
  if (engine.answers || engine.hasPodman || engine.hasDocker) {
    auto client = clientOf(engine);
    auto ours = " --filter label=skerry.site=" + site;
    commands = {
        fine(CHECK, "containers of this site, without Skerry", client + " ps --all" + ours),
        fine(CHECK, std::string("end them") + STOPPED,
             client + " ps --quiet" + ours + " | xargs -r " + client + " stop"),
        fine(CHECK, "start them again",
             client + " ps --all --quiet" + ours + " | xargs -r " + client + " start"),
    };
  }
  // A keeper greets with a line, then answers each request with one. Perl is on every Debian.
  auto perl = [&](const std::string& script) {
    return "for d in " + subject.folder + "/run/*/; do (cd \"$d\" && perl -MIO::Socket::UNIX -e '"
           "$k=IO::Socket::UNIX->new(\"sock\") or exit; $_=<$k>; " + script + "'); done";
  };
  auto ask = [&](const std::string& request) { return perl(request + " print scalar <$k>"); };
  commands.push_back(fine(CHECK, "process services, as their keepers know them", perl("print")));
  commands.push_back(fine(CHECK, std::string("end them") + STOPPED,
                          ask("print $k \"stop graceMs=10000\\n\";")));
  commands.push_back(fine(CHECK, "start them again", ask("/ incarnation=(\\d+)/; print $k \"start "
                          "incarnation=\",$1+1,\"\\n\";")));
  return commands;
}

kj::Promise<void> SiteAdmin::doctor(DoctorContext context) {
  kj::Promise<Findings> examining = examineServing(host, service);
  return examining.then([context](Findings&& findings) mutable {
    writeFindings(findings, context.getResults());
  });
}

}  // namespace skerry
