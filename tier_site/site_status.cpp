#include "tier_site/site_status.h"
#include "capnp/status.capnp.h"
#include "shared/model/encoded.h"
#include "shared/model/time_text.h"

namespace skerry {
namespace {

using State = schema::InstanceStatus::State;

// A life of an older rendering is on its way out: the instance is not what was asked for yet.
bool isOutdated(const Supervisor::View& view) {
  return view.seen != nullptr && view.seen->state != Observed::State::EXITED &&
         view.slot != nullptr && view.seen->digest != view.slot->rendered.digest;
}

State stateWord(const Supervisor::View& view) {
  if (isOutdated(view)) return State::STARTING;
  switch (view.state) {
    case RunState::PENDING: return State::PENDING;
    case RunState::STARTING: return State::STARTING;
    case RunState::RUNNING: return State::RUNNING;
    case RunState::BACKOFF: return State::BACKOFF;
    case RunState::CRASH_LOOP: return State::CRASH_LOOP;
    case RunState::STOPPED: return State::STOPPED;
    case RunState::FAILED: return State::FAILED;
  }
  return State::UNKNOWN;
}

}  // namespace

HostFindings hostFindings(const TrustedClock& trusted, const HeadWatch& head,
                          const GroupFacts& groups) {
  HostFindings findings;
  if (auto errorMs = trusted.error(); errorMs != 0) {
    findings["clock"] = "clock is " + printAge(std::llabs(errorMs)) +
                        (errorMs > 0 ? " behind" : " ahead of") + " the region's";
  }
  if (auto stale = head.finding(trusted.nowMs()); !stale.empty()) findings["authority"] = stale;
  auto limits = judgeGroups(Subject(), groups);
  if (limits.verdict != Finding::Verdict::OK) findings["limits"] = limits.text;
  return findings;
}

Bytes hostStatus(const Self& self, const Clock& clock, int64_t startedMs, const HeadWatch& head,
                 const HostFindings& findings) {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::HostStatus>();
  status.setName(self.host);
  status.setNumber(self.number);
  status.setVersion(SKERRY_VERSION);
  status.setBootId(clock.bootId());
  status.setStartedMs(startedMs);
  auto list = status.initFindings(findings.size());
  size_t i = 0;
  for (auto& [word, text] : findings) list.set(i++, text);
  if (auto& newest = head.newest()) {
    status.setHeadEra(newest->seq.era);
    status.setHeadSeq(newest->seq.n);
    status.setHeadTimeMs(newest->timeMs);
  }
  return encode<schema::HostStatus>(status);
}

Bytes appStatus(const Assignments::App& app, const std::optional<std::string>& blocked) {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::AppStatus>();
  if (app.acted) {
    status.setEra(app.acted->seq.era);
    status.setSeq(app.acted->seq.n);
    status.setRevision(app.acted->revision.view());
  }
  switch (app.judgement.verdict) {
    case Judgement::Verdict::ACCEPTED:
      status.setVerdict(schema::AppStatus::Verdict::ACCEPTED);
      break;
    case Judgement::Verdict::WAITING:
      status.setVerdict(schema::AppStatus::Verdict::WAITING);
      break;
    case Judgement::Verdict::REFUSED:
      status.setVerdict(schema::AppStatus::Verdict::REFUSED);
      break;
  }
  status.setReason(app.judgement.reason);
  if (blocked) {
    status.setVerdict(schema::AppStatus::Verdict::BLOCKED);
    status.setReason(*blocked);
  }
  return encode<schema::AppStatus>(status);
}

Bytes instanceStatus(const InstanceId& id, const Supervisor::View& view, const std::string& host,
                     int64_t sinceMs) {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::InstanceStatus>();
  status.setTenant(id.tenant);
  status.setApp(id.app);
  status.setService(id.service);
  status.setOrdinal(id.ordinal);
  status.setHost(host);
  status.setState(stateWord(view));
  status.setRestarts(view.run->restarts);
  status.setSinceMs(sinceMs);
  status.setReason(isOutdated(view) && view.reason.empty() ? "being replaced" : view.reason);
  if (view.slot != nullptr) status.setRevision(view.slot->revision.view());
  if (view.seen != nullptr && view.seen->state != Observed::State::EXITED) {
    status.setPid(view.seen->pid);
    status.setContainer(view.seen->container);
    status.setDigest(view.seen->digest.view());
  }
  return encode<schema::InstanceStatus>(status);
}

int64_t sinceOf(const Bytes& lastReport, const Supervisor::View& view, int64_t nowMs) {
  Decoded<schema::InstanceStatus> last(lastReport);
  return last.get().getState() == stateWord(view) ? last.get().getSinceMs() : nowMs;
}

}  // namespace skerry
