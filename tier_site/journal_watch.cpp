#include "tier_site/journal_watch.h"
#include "shared/model/time_text.h"
#include <cstdlib>

namespace skerry {
namespace {

Event make(const char* kind, EventSeverity severity, std::string text) {
  Event event;
  event.kind = kind;
  event.severity = severity;
  event.text = std::move(text);
  return event;
}

Event of(const InstanceId& id, const char* kind, EventSeverity severity, std::string text) {
  auto event = make(kind, severity, std::move(text));
  event.tenant = id.tenant;
  event.app = id.app;
  event.service = id.service;
  event.ordinal = int32_t(id.ordinal);
  return event;
}

constexpr auto INFO = EventSeverity::INFO, WARNING = EventSeverity::WARNING,
               ERROR = EventSeverity::ERROR;

const char* endedKind(LocalKind kind) {
  switch (kind) {
    case LocalKind::OVERRIDE: return "override.ended";
    case LocalKind::HOLD: return "hold.ended";
    case LocalKind::PAUSE: return "pause.ended";
    case LocalKind::PIN: return "pin.ended";
    case LocalKind::LABEL: return "label.ended";
    default: return nullptr;
  }
}

}  // namespace

std::optional<Event> endOf(const LocalEntry& entry) {
  auto kind = endedKind(entry.kind);
  if (kind == nullptr) return std::nullopt;
  auto event = make(kind, INFO, entry.key.path);
  constexpr std::string_view APP = "app/";
  auto& object = entry.key.object;
  auto slash = object.find('/', APP.size());
  if (object.starts_with(APP) && slash != object.npos) {
    event.tenant = object.substr(APP.size(), slash - APP.size());
    event.app = object.substr(slash + 1);
  }
  // Of what is reserved, the kind says enough; behind it is a service, or the label.
  if (event.text.starts_with('@')) {
    auto at = event.text.find('/');
    event.text = at == event.text.npos ? "" : event.text.substr(at + 1);
    if (entry.kind != LocalKind::LABEL) std::swap(event.service, event.text);
  }
  event.text += std::string(event.text.empty() ? "" : " ") + "by " + entry.author +
                (entry.reason.empty() ? "" : ": " + entry.reason) + "; its time of " +
                printDuration(int64_t(entry.expires.durationMs)) + " is over";
  return event;
}

JournalWatch::Events JournalWatch::instance(const InstanceId& id, const Supervisor::View* view) {
  Events events;
  auto known = instances.find(id);
  if (view == nullptr) {
    if (known != instances.end()) events.push_back(of(id, "instance.removed", INFO, ""));
    instances.erase(id);
    return told(std::move(events));
  }
  auto& run = *view->run;
  bool isNew = known == instances.end();
  auto& seen = instances[id];
  bool hasEnded = !isNew && run.ended > seen.ended;
  bool isLooping = run.failures >= CRASH_LOOP_FAILURES;
  if (isLooping && !seen.isLooping && !isNew) {
    events.push_back(of(id, "instance.crash-loop", ERROR,
                        run.reason + "; " + std::to_string(run.failures) + " times in a row"));
  } else if (hasEnded && !isLooping) {
    bool isWell = run.reason == "exited with code 0";
    events.push_back(of(id, "instance.ended", isWell ? INFO : WARNING, run.reason));
  }
  bool runs = view->state == RunState::RUNNING;
  if (runs && run.started > seen.started && !isLooping) {
    events.push_back(of(id, "instance.started", INFO,
                        run.restarts == 0 ? "" : "restart " + std::to_string(run.restarts)));
  }
  if (view->state == RunState::FAILED && seen.state != RunState::FAILED) {
    events.push_back(of(id, "instance.failed", ERROR, run.reason + "; it is not started again"));
  }
  bool waits = view->state == RunState::PENDING && !view->reason.empty();
  if (waits && view->reason != seen.reason) {
    events.push_back(of(id, "instance.waiting", WARNING, view->reason));
  }
  if (runs) seen.started = run.started;
  bool staysLooping = isLooping || (seen.isLooping && !hasEnded);
  seen = {view->state, seen.started, run.ended, staysLooping, view->reason};
  return told(std::move(events));
}

JournalWatch::Events JournalWatch::recovered(const InstanceId& id, const Supervisor::View& view,
                                             uint64_t bootMs) {
  auto known = instances.find(id);
  bool isLong = view.state == RunState::RUNNING && view.run->startedMs > 0 &&
                bootMs - view.run->startedMs >= RESET_AFTER_MS;
  if (known == instances.end() || !known->second.isLooping || !isLong) return {};
  known->second.isLooping = false;
  return told({of(id, "instance.recovered", INFO,
                  "runs again, after " + std::to_string(view.run->restarts) + " restarts")});
}

JournalWatch::Events JournalWatch::orders(const std::string& tenant, const std::string& app,
                                          const std::string& verdict, const std::string& revision,
                                          const std::string& reason) {
  auto now = verdict.empty() ? "" : verdict + " " + revision + " " + reason;
  auto& before = verdicts[{tenant, app}];
  if (before == now) return {};
  before = now;
  Event event;
  if (verdict.empty()) {
    verdicts.erase({tenant, app});
    event = make("orders.withdrawn", INFO, "");
  } else if (verdict == "accepted") {
    event = make("orders.accepted", INFO, "revision " + revision);
  } else if (verdict == "refused") {
    event = make("orders.refused", ERROR, reason);
  } else {
    return {};  // something will come: then there is more to say
  }
  event.tenant = tenant;
  event.app = app;
  return told({std::move(event)});
}

JournalWatch::Events JournalWatch::findings(const std::map<std::string, std::string>& now) {
  Events events;
  for (auto& [word, text] : now) {
    if (!known.contains(word)) events.push_back(make("finding.raised", WARNING, text));
  }
  for (auto& [word, text] : known) {
    if (!now.contains(word)) events.push_back(make("finding.cleared", INFO, text));
  }
  known = now;
  return events;
}

JournalWatch::Events JournalWatch::disk(const std::string& now) {
  bool hadTrouble = !trouble.empty();
  trouble = now;
  if (hadTrouble == !now.empty()) return {};
  if (hadTrouble) return {make("disk.recovered", INFO, "the store takes changes again")};
  return {make("disk.failed", ERROR, now)};
}

JournalWatch::Events JournalWatch::link(bool up, const std::string& parent, int64_t aloneMs) {
  if (up == isUp) return {};
  isUp = up;
  if (!up) return {make("link.down", WARNING, "to " + parent)};
  auto event = make("link.up", INFO, "to " + parent);
  if (aloneMs > 0) event.text += ", after " + printAge(aloneMs) + " alone";
  return {std::move(event)};
}

JournalWatch::Events JournalWatch::clock(int64_t wallMs, uint64_t bootMs) {
  auto now = wallMs - int64_t(bootMs);
  auto before = offsetMs.value_or(now);
  offsetMs = now;
  auto jumpMs = now - before;
  if (std::llabs(jumpMs) < CLOCK_JUMP_MS) return {};
  return {make("clock.jumped", WARNING, printAge(std::llabs(jumpMs)) +
                                            (jumpMs > 0 ? " forward" : " back"))};
}

}  // namespace skerry
