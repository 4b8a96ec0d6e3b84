#include "tier_site/drivers/process_driver.h"
#include "shared/async/task.h"
#include "tier_site/drivers/driver_limits.h"
#include "tier_site/drivers/keeper_link.h"
#include "tier_site/drivers/process_logs.h"
#include "tier_site/drivers/service_folder.h"
#include "tier_site/drivers/refuse.h"
#include "tier_site/drivers/step_queue.h"
#include <kj/debug.h>
#include <kj/vector.h>

namespace skerry {

namespace {

constexpr uint32_t LOCK_RETRY_MS = 20;  // a keeper that quits frees its lock a moment later
constexpr int LOCK_TRIES_MAX = 150;

bool holdsLock(const KeeperStatus& answer) {
  return answer.error().substr(0, 14) == "another keeper";
}

class ProcessDriver final : public Driver, private kj::TaskSet::ErrorHandler {
public:
  ProcessDriver(Host& host, ProcessDriverConfig config)
      : host(host), config(kj::mv(config)), users(host), tasks(*this) {}

  kj::Promise<std::vector<Observed>> list() override;
  kj::Promise<Observed> start(const Rendered& rendered, uint64_t incarnation) override;
  kj::Promise<void> stop(InstanceId id, uint32_t graceMs) override;
  kj::Promise<void> remove(InstanceId id) override;
  void watch(kj::Function<void(const Observed&)> callback) override { changed = kj::mv(callback); }
  kj::Promise<void> logs(InstanceId id, LogOptions options, LogSink& sink) override {
    return readProcessLogs(host, kj::mv(id), options, sink);
  }

private:
  struct Service {
    Service(Host& host, InstanceId id) : folder(host, id), last{} { last.id = kj::mv(id); }
    ServiceFolder folder;
    Observed last;
    kj::Maybe<kj::Own<KeeperLink>> link;
    bool quitting = false;  // the link's end is our own doing
  };

  Service& service(const InstanceId& id);
  kj::Promise<KeeperStatus> runKeeper(kj::StringPtr option, const ServiceFolder& folder);
  kj::Promise<bool> attach(Service& service);
  void onLost(const InstanceId& id);
  Observed ended(Service& service);
  Task<Observed> look(InstanceId id);
  Task<Observed> lookAtLink(Service& service);
  Task<Observed> takeOver(Service& service);
  Task<Observed> startStep(Rendered rendered, uint64_t incarnation);
  Task<Observed> startAgain(Service& service, Rendered rendered, uint64_t incarnation);
  Task<Observed> startKeeper(Service& service, Rendered rendered, uint64_t incarnation);
  Task<Observed> stopStep(InstanceId id, uint32_t graceMs);
  Task<Observed> removeStep(InstanceId id);
  Task<void> quit(Service& service);
  static Observed newest(Service& service);
  Task<void> discard(Service& service);
  Task<void> findAgain(InstanceId id);
  void taskFailed(kj::Exception&& reason) override {
    KJ_LOG(ERROR, "watching a process service failed", reason);
  }

  Host& host;
  const ProcessDriverConfig config;
  Users users;
  kj::Function<void(const Observed&)> changed = [](const Observed&) {};
  std::map<InstanceId, kj::Own<Service>> services;  // never erased while a step is pending
  StepQueue steps;
  kj::TaskSet tasks;
};

ProcessDriver::Service& ProcessDriver::service(const InstanceId& id) {
  auto& entry = services[id];
  if (entry.get() == nullptr) entry = kj::heap<Service>(host, id);
  return *entry;
}

kj::Promise<KeeperStatus> ProcessDriver::runKeeper(kj::StringPtr option,
                                                   const ServiceFolder& folder) {
  Command command;
  command.program = kj::str(config.keeperProgram);
  kj::Vector<kj::String> arguments;
  if (option != nullptr) arguments.add(kj::str(option));
  arguments.add(kj::str(folder.path()));
  command.arguments = arguments.releaseAsArray();
  auto ended = host.processes.run(kj::mv(command));
  return host.timer.timeoutAfter(KEEPER_START_MS * kj::MILLISECONDS, kj::mv(ended))
      .then([](Ended ended) {
        auto line = text(ended.output);
        return KeeperStatus(std::string_view(line).substr(0, line.find('\n')));
      });
}

// --- Looking

kj::Promise<bool> ProcessDriver::attach(Service& s) {
  auto id = s.last.id;
  auto connecting = kj::evalNow([this, &s]() {
    return KeeperLink::connect(host, *s.folder.open(), s.folder.path());
  });
  return connecting
      .then([this, id, &s](kj::Own<KeeperLink> link) {
        auto watching = link->watch(
            [this, id](const KeeperStatus& status) {
              auto& s = service(id);
              s.last = observedFrom(id, status);
              changed(s.last);
            },
            [this, id]() { onLost(id); });
        s.quitting = false;
        s.link = kj::mv(link);
        return watching;
      })
      .then([id, &s]() {
        s.last = observedFrom(id, KJ_ASSERT_NONNULL(s.link)->status());
        return true;
      },
      [](kj::Exception&&) { return false; });
}

void ProcessDriver::onLost(const InstanceId& id) {
  if (!service(id).quitting) tasks.add(findAgain(id));
}

Task<void> ProcessDriver::findAgain(InstanceId id) {
  for (uint32_t waitMs = KEEPER_RECONNECT_MS;;
       waitMs = kj::min(2 * waitMs, KEEPER_RECONNECT_MS_MAX)) {
    auto pause = host.timer.afterDelay(waitMs * kj::MILLISECONDS);
    co_await pause;
    auto found = services.find(id);
    if (found == services.end() || !found->second->folder.exists()) co_return;
    auto before = found->second->last;
    auto looking = steps.add(id, [this, id]() -> kj::Promise<Observed> { return look(id); });
    auto now = co_await looking;
    if (now != before) changed(now);
    found = services.find(id);
    if (found == services.end() || now.state == Observed::State::EXITED) co_return;
    KJ_IF_MAYBE(link, found->second->link) {
      if (!(*link)->isLost()) co_return;
    }
  }
}

// Neither a keeper nor a process is there.
Observed ProcessDriver::ended(Service& s) {
  auto state = s.folder.lastState(), exit = s.folder.lastExit();
  auto id = s.last.id;
  if (state.empty()) {
    s.last = Observed();
    s.last.id = id;
    s.last.state = Observed::State::EXITED;
    s.last.reason = "never started";
    return s.last;
  }
  bool told = exit.get("boot") == state.get("boot") && exit.get("nonce") == state.get("nonce") &&
              exit.get("incarnation") == state.get("incarnation");
  auto seen = observedFrom(id, told ? exit : state);
  if (!told) {
    bool sameBoot = state.get("boot") == std::string_view(host.clock.bootId().cStr());
    seen.exitCode = -1;
    seen.reason = sameBoot ? "both it and its keeper are gone" : "the host was restarted";
  }
  seen.state = Observed::State::EXITED;
  seen.pid = 0;
  seen.startTicks = 0;
  return s.last = seen;
}

// By the last thing that its keeper said: an end may have come right behind an answer.
Observed ProcessDriver::newest(Service& s) {
  KJ_IF_MAYBE(link, s.link) s.last = observedFrom(s.last.id, (*link)->status());
  return s.last;
}

// The service outlives the step that looks at it; so in all that follow.
Task<Observed> ProcessDriver::lookAtLink(Service& s) {
  KJ_IF_MAYBE(link, s.link) {
    auto asking = (*link)->ask(kj::str("status")).ignoreResult();
    co_await asking;
  }
  co_return newest(s);
}

Task<Observed> ProcessDriver::look(InstanceId id) {
  auto& s = service(id);
  bool linked = false;
  KJ_IF_MAYBE(link, s.link) linked = !(*link)->isLost();
  if (linked) {
    // A keeper tells each change, and an idle one cannot miss an end.
    if (!KJ_ASSERT_NONNULL(s.link)->status().isRunning()) co_return newest(s);
    kj::Promise<Observed> asking = lookAtLink(s);
    auto answering = asking.then([](Observed&&) { return true; },
                                 [](kj::Exception&&) { return false; });
    if (co_await answering) co_return s.last;
  }
  s.link = nullptr;
  auto attaching = attach(s);
  if (co_await attaching) co_return s.last;
  s.link = nullptr;
  auto state = s.folder.lastState();
  auto start = state.number("start");
  int pid = int(state.number("pid"));
  bool lives = state.get("boot") == std::string_view(host.clock.bootId().cStr()) && pid > 0 &&
               start != 0 && host.processes.startTime(pid) == start;
  if (!lives) co_return ended(s);
  auto taking = takeOver(s);
  co_return co_await taking;
}

// A keeper was killed and its service goes on, or the keeper does not answer.
Task<Observed> ProcessDriver::takeOver(Service& s) {
  auto running = runKeeper("--takeover", s.folder);
  auto answer = co_await running;
  if (answer.error().substr(0, 8) == "takeover") co_return ended(s);
  auto attaching = attach(s);
  if (co_await attaching) co_return s.last;
  s.last = observedFrom(s.last.id, s.folder.lastState());
  s.last.state = Observed::State::RUNNING;
  s.last.reason = "its keeper does not answer: " + std::string(answer.error());
  co_return s.last;
}

kj::Promise<std::vector<Observed>> ProcessDriver::list() {
  auto ids = ServiceFolder::all(host);
  auto looks = kj::heapArrayBuilder<kj::Promise<Observed>>(ids.size());
  for (auto& id : ids)
    looks.add(steps.add(id, [this, id]() -> kj::Promise<Observed> { return look(id); }));
  return kj::joinPromises(looks.finish()).then([](kj::Array<Observed> all) {
    return std::vector<Observed>(all.begin(), all.end());
  });
}

// --- Starting

kj::Promise<Observed> ProcessDriver::start(const Rendered& rendered, uint64_t incarnation) {
  KJ_REQUIRE(isValid(rendered.id) && rendered.kind == RuntimeKind::PROCESS && incarnation > 0,
             "not a process service's instance", rendered.id.str().c_str(), incarnation);
  return steps.add(rendered.id, [this, rendered, incarnation]() -> kj::Promise<Observed> {
    return startStep(rendered, incarnation);
  });
}

Task<Observed> ProcessDriver::startStep(Rendered r, uint64_t incarnation) {
  auto& s = service(r.id);
  if (s.folder.exists()) {
    auto looking = look(r.id);
    auto seen = co_await looking;
    bool same = seen.digest == r.digest;
    if (same && seen.incarnation >= incarnation) co_return seen;
    if (seen.state != Observed::State::EXITED)
      refuse(r.id, same ? "an earlier life still runs: stop it first"
                        : "another revision of it still runs: stop it first");
    bool kept = false;
    KJ_IF_MAYBE(link, s.link) kept = !(*link)->isLost();
    if (kept && same) {
      auto again = startAgain(s, r, incarnation);
      co_return co_await again;
    }
    auto quitting = quit(s);
    co_await quitting;
  }
  auto starting = startKeeper(s, r, incarnation);
  co_return co_await starting;
}

Task<Observed> ProcessDriver::startAgain(Service& s, Rendered r, uint64_t incarnation) {
  auto asking = KJ_ASSERT_NONNULL(s.link)->ask(kj::str("start incarnation=", incarnation))
      .catch_([&s](kj::Exception&& e) -> KeeperStatus {
        s.link = nullptr;  // to be looked at anew
        kj::throwFatalException(kj::mv(e));
      });
  auto answer = co_await asking;
  if (answer.head() != "ok") refuse(r.id, explainKeeperError(answer.error(), r));
  co_return newest(s);
}

Task<Observed> ProcessDriver::startKeeper(Service& s, Rendered r, uint64_t incarnation) {
  kj::Maybe<UserNumbers> user;
  if (!r.user.empty()) {
    auto resolving = users.resolve(r.user);
    user = co_await resolving;
  }
  bool livedBefore = !s.folder.lastState().empty();
  s.folder.prepare(r, incarnation, config, user);
  KeeperStatus answer;
  for (int tries = 0; tries < LOCK_TRIES_MAX; ++tries) {
    auto running = runKeeper(nullptr, s.folder);
    answer = co_await running;
    if (!holdsLock(answer)) break;
    auto pause = host.timer.afterDelay(LOCK_RETRY_MS * kj::MILLISECONDS);
    co_await pause;
  }
  if (answer.head() != "ok") {
    // What never ran leaves nothing; what ran before keeps its log.
    if (!livedBefore) {
      auto discarding = discard(s);
      co_await discarding;
    }
    auto error =
        answer.empty() ? std::string("start: no word from it") : std::string(answer.error());
    refuse(r.id, explainKeeperError(error, r));
  }
  auto attaching = attach(s);
  if (co_await attaching) co_return s.last;
  kj::throwFatalException(KJ_EXCEPTION(
      DISCONNECTED, "a keeper that has just started does not answer", s.folder.path().c_str()));
}

// --- Ending

// An idle keeper ends; without one nothing happens.
Task<void> ProcessDriver::quit(Service& s) {
  KJ_IF_MAYBE(link, s.link) {
    if (!(*link)->isLost()) {
      s.quitting = true;
      auto asking = (*link)->ask(kj::str("quit"));
      auto answered = asking.then([](KeeperStatus&&) {}, [](kj::Exception&&) {});
      co_await answered;
      auto leaving = host.timer.timeoutAfter(KEEPER_ANSWER_MS * kj::MILLISECONDS,
                                             (*link)->untilLost());
      co_await leaving;
    }
  }
  s.link = nullptr;
}

kj::Promise<void> ProcessDriver::stop(InstanceId id, uint32_t graceMs) {
  auto stopped = steps.add(id, [this, id, graceMs]() -> kj::Promise<Observed> {
    return stopStep(id, graceMs);
  });
  return stopped.ignoreResult();
}

Task<Observed> ProcessDriver::stopStep(InstanceId id, uint32_t graceMs) {
  auto& s = service(id);
  if (!s.folder.exists()) co_return s.last;
  auto looking = look(id);
  auto seen = co_await looking;
  if (seen.state == Observed::State::EXITED) co_return seen;
  if (s.link == nullptr)
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED,
                                         "cannot stop a service whose keeper does not answer",
                                         seen.reason.c_str(), s.folder.path().c_str()));
  auto& link = *KJ_ASSERT_NONNULL(s.link);
  auto asking = link.ask(kj::str("stop graceMs=", graceMs));
  auto answer = co_await asking;
  if (answer.head() != "ok") refuse(id, "it cannot be stopped: " + std::string(answer.error()));
  auto waiting = host.timer.timeoutAfter(
      (uint64_t(graceMs) + KEEPER_STOP_MARGIN_MS) * kj::MILLISECONDS, link.untilIdle());
  co_await waiting;
  if (link.status().get("reason") == "leftover")
    refuse(id, "it ended, but processes of it are left that cannot be killed");
  s.last = observedFrom(id, link.status());
  co_return s.last;
}

kj::Promise<void> ProcessDriver::remove(InstanceId id) {
  auto removed = steps.add(id, [this, id]() -> kj::Promise<Observed> { return removeStep(id); });
  return removed
      .then([this, id](Observed&&) {
        // Another step may have been asked for meanwhile.
        if (steps.pending(id) == 0) services.erase(id);
      });
}

Task<Observed> ProcessDriver::removeStep(InstanceId id) {
  auto& s = service(id);
  if (s.folder.exists()) {
    auto stopping = stopStep(id, 0);
    co_await stopping;
    auto quitting = quit(s);
    co_await quitting;
    auto discarding = discard(s);
    co_await discarding;
  }
  co_return s.last;
}

// No keeper can remove its own groups: it is in one.
Task<void> ProcessDriver::discard(Service& s) {
  KeeperStatus answer;
  for (int tries = 0; tries < LOCK_TRIES_MAX; ++tries) {
    auto running = runKeeper("--remove", s.folder);
    answer = co_await running;
    if (!holdsLock(answer)) break;
    auto pause = host.timer.afterDelay(LOCK_RETRY_MS * kj::MILLISECONDS);
    co_await pause;
  }
  // A folder without a readable spec never had a keeper.
  if (answer.head() != "ok" && answer.error().substr(0, 4) != "spec")
    refuse(s.last.id, "its rest cannot be removed: " + std::string(answer.error()));
  s.folder.remove();
}

}  // namespace

kj::Own<Driver> newProcessDriver(Host& host, ProcessDriverConfig config) {
  return kj::heap<ProcessDriver>(host, kj::mv(config));
}

}  // namespace skerry
