#include "tier_site/supervisor.h"
#include <kj/debug.h>

namespace skerry {

Supervisor::Supervisor(Host& host, Runtimes runtimes, RunRecords& records,
                       std::map<InstanceId, Run> histories,
                       kj::Function<void(const InstanceId&)> changed)
    : host(host), process{runtimes.process}, container{runtimes.container}, records(records),
      changed(kj::mv(changed)), tasks(*this) {
  for (auto& [id, run] : histories) {
    // No life survives its boot.
    if (run.bootId != host.clock.bootId().cStr()) run.livesIn = std::nullopt;
    instances[id].run = std::move(run);
  }
  process.driver.watch([this](const Observed& seen) { observe(RuntimeKind::PROCESS, seen); });
  container.driver.watch([this](const Observed& seen) { observe(RuntimeKind::CONTAINER, seen); });
}

kj::Promise<void> Supervisor::adopt() {
  auto looks = kj::heapArrayBuilder<kj::Promise<void>>(2);
  for (auto kind : {RuntimeKind::PROCESS, RuntimeKind::CONTAINER}) {
    auto looked = kj::evalNow([&] { return look(kind); }).catch_([this, kind](kj::Exception&&) {
      tasks.add(lookUntilKnown(kind, RUNTIME_RETRY_MS));
    }).fork();
    tasks.add(looked.addBranch());
    auto late = host.timer.afterDelay(LOOK_PATIENCE_MS * kj::MILLISECONDS).then([this, kind] {
      isAway(kind, "this host's runtime for it does not answer");
    });
    looks.add(looked.addBranch().exclusiveJoin(kj::mv(late)));
  }
  return kj::joinPromises(looks.finish());
}

// One that nobody misses ever less often: most hosts without an engine never get one.
kj::Promise<void> Supervisor::lookUntilKnown(RuntimeKind kind, uint64_t waitMs) {
  return host.timer.afterDelay(waitMs * kj::MILLISECONDS)
      .then([this, kind] { return look(kind); })
      .catch_([this, kind, waitMs](kj::Exception&&) {
    auto nextMs = std::min(2 * waitMs, RUNTIME_LOOK_MS_MAX);
    return lookUntilKnown(kind, isMissed(kind) ? RUNTIME_RETRY_MS : nextMs);
  });
}

bool Supervisor::isMissed(RuntimeKind kind) const {
  for (auto& [id, instance] : instances) {
    if (instance.wanted && instance.kind == kind) return true;
    if (instance.run.livesIn == kind || instance.stray == kind) return true;
  }
  return false;
}

kj::Promise<void> Supervisor::look(RuntimeKind kind) {
  return runtime(kind).driver.list().then([this, kind](std::vector<Observed>&& found) {
    runtime(kind).tried = runtime(kind).known = true;
    std::set<InstanceId> there;
    for (auto& seen : found) {
      there.insert(seen.id);
      observe(kind, seen);
    }
    for (auto& [id, instance] : instances) {
      if (!there.contains(id)) isNotIn(kind, instance);
    }
    for (auto& id : all()) consider(id);
  }, [this, kind](kj::Exception&& reason) {
    isAway(kind, text(reason.getDescription()));
    kj::throwFatalException(kj::mv(reason));
  });
}

// The runtime does not list it: a life that was begun there is over.
void Supervisor::isNotIn(RuntimeKind kind, Instance& instance) {
  bool isSeenThere = instance.seen && instance.kind == kind;
  if (instance.busy || isSeenThere || instance.run.livesIn != kind) return;
  onGone(instance.run, kind);
  if (instance.stray == kind) instance.stray = std::nullopt;
}

void Supervisor::isAway(RuntimeKind kind, const std::string& why) {
  for (auto& [id, instance] : instances) {
    if (instance.kind != kind || !instance.wanted) continue;
    onRuntimeAway(instance.run, why, host.clock.bootMs());
    changed(id);
  }
  runtime(kind).tried = true;
  runtime(kind).silence = why;
  for (auto& id : all()) consider(id);
}

void Supervisor::want(std::map<InstanceId, Slot> slots) {
  std::vector<InstanceId> moved;
  for (auto& [id, instance] : instances) {
    if (slots.contains(id) || !instance.wanted) continue;
    instance.wanted = std::nullopt;
    moved.push_back(id);
  }
  for (auto& [id, slot] : slots) {
    auto& instance = instances[id];
    if (instance.wanted != slot) moved.push_back(id);
    if (instance.run.digest != slot.rendered.digest) {
      beginAnew(instance.run, slot.rendered.digest);
    } else if (instance.wanted && instance.wanted->restart != slot.restart) {
      onPolicyChanged(instance.run, slot.restart, instance.seen ? &*instance.seen : nullptr);
    }
    if (instance.run.yielded != slot.yields) {
      instance.run.yielded = slot.yields;
      records.save(id, instance.run);
    }
    instance.wanted = std::move(slot);
  }
  // Told before anything is done, so that nobody takes what ran before for what is wanted now.
  for (auto& id : moved) changed(id);
  for (auto& id : all()) consider(id);
}

void Supervisor::saveAll() {
  for (auto& [id, instance] : instances) {
    if (instance.wanted) records.save(id, instance.run);
  }
}

void Supervisor::observe(RuntimeKind kind, const Observed& seen) {
  auto& instance = instances[seen.id];
  bool lived = instance.seen && instance.seen->state != Observed::State::EXITED;
  bool sameLife = instance.seen && instance.seen->incarnation == seen.incarnation;
  if ((instance.seen || instance.busy) && instance.kind != kind) {
    instance.stray = kind;
    return consider(seen.id);
  }
  // A late word about a life that another one followed.
  if (instance.seen && seen.incarnation != 0 && seen.incarnation < instance.seen->incarnation) {
    return;
  }
  instance.kind = kind;
  instance.seen = seen;
  if (seen.state != Observed::State::EXITED) {
    onBegun(instance.run, kind, host.clock.bootId().cStr());
  }
  if (seen.state == Observed::State::RUNNING) {
    if (!lived || !sameLife) onStarted(instance.run, seen.incarnation, host.clock.bootMs());
  } else if (!instance.busy) {
    countEnd(instance);
  }
  settle(seen.id);
}

void Supervisor::countEnd(Instance& instance) {
  if (!instance.wanted || !instance.seen || instance.seen->state != Observed::State::EXITED ||
      instance.seen->digest != instance.wanted->rendered.digest) {
    return;
  }
  onEnded(instance.run, instance.wanted->restart, *instance.seen, host.clock.bootMs(),
          host.clock.wallMs());
}

void Supervisor::consider(const InstanceId& id) {
  auto found = instances.find(id);
  if (found == instances.end()) return;
  auto& instance = found->second;
  if (instance.busy) return;
  if (instance.seen && instance.stray == instance.kind) instance.stray = std::nullopt;
  auto& livesIn = instance.run.livesIn;
  bool moved = livesIn && (!instance.wanted || instance.wanted->rendered.kind != *livesIn);
  if (!instance.seen && !instance.stray && moved) instance.stray = livesIn;
  if (!instance.wanted && !instance.seen && !instance.stray) return forget(id);
  // What runs in another runtime has to end there first.
  if (instance.wanted && !instance.seen) instance.kind = instance.wanted->rendered.kind;
  // Until a runtime was looked at nobody knows what runs there; and what is to start in one may
  // still run in the other.
  if (!runtime(instance.kind).known || !process.tried || !container.tried) return;
  auto nowMs = host.clock.bootMs();
  bool isClearing = instance.stray && instance.strayRetryMs <= nowMs;
  if (isClearing && !endsNothing) return clearStray(id, instance);
  auto step = nextStep(instance.wanted ? &*instance.wanted : nullptr,
                       instance.seen ? &*instance.seen : nullptr, instance.run, nowMs);
  bool isEnd = step.verb == RunStep::Verb::STOP || step.verb == RunStep::Verb::REMOVE;
  bool lives = instance.seen && instance.seen->state != Observed::State::EXITED;
  if (endsNothing && isEnd && lives) return;
  // No life for a while is better than two at once.
  if (instance.stray && step.verb == RunStep::Verb::START) step = {};
  if (step.verb != RunStep::Verb::NONE) return act(id, instance, step);
  if (instance.stray && !endsNothing && (step.atMs == 0 || instance.strayRetryMs < step.atMs)) {
    step.atMs = instance.strayRetryMs;
  }
  if (step.atMs != 0) wakeAt(id, step.atMs);
}

void Supervisor::clearStray(const InstanceId& id, Instance& instance) {
  instance.busy = true;
  auto& driver = driverOf(*instance.stray);
  auto done = kj::evalNow([&] { return driver.stop(id, Rendered().stopGraceMs); })
      .then([&driver, id] { return driver.remove(id); });
  tasks.add(done.then([this, id] {
    auto& instance = instances[id];
    onGone(instance.run, *instance.stray);
    instance.stray = std::nullopt;
  }, [this, id](kj::Exception&&) {
    instances[id].strayRetryMs = host.clock.bootMs() + RUNTIME_RETRY_MS;
  }).then([this, id] {
    instances[id].busy = false;
    settle(id);
  }));
}

void Supervisor::act(const InstanceId& id, Instance& instance, RunStep step) {
  instance.busy = true;
  bool starting = step.verb == RunStep::Verb::START;
  auto digest = starting ? instance.wanted->rendered.digest : Hash();
  auto done = kj::evalNow([&] {
    return starting ? start(id, step.incarnation) : end(id, step.verb);
  });
  tasks.add(done.catch_([this, id, starting, digest](kj::Exception&& reason) {
    failed(id, kj::mv(reason), starting ? &digest : nullptr);
  }).then([this, id] {
    auto& instance = instances[id];
    instance.busy = false;
    // A life that ended while the step was under way.
    countEnd(instance);
    settle(id);
  }));
}

kj::Promise<void> Supervisor::start(const InstanceId& id, uint64_t incarnation) {
  auto& instance = instances[id];
  instance.run.incarnation = incarnation;
  instance.kind = instance.wanted->rendered.kind;
  onBegun(instance.run, instance.kind, host.clock.bootId().cStr());
  // The intention is on its way to disk before the start: a controller that dies in between goes
  // on from this incarnation.
  records.save(id, instance.run);
  auto& driver = driverOf(instance.kind);
  return driver.start(instance.wanted->rendered, incarnation).then([this, id](Observed&& seen) {
    auto& instance = instances[id];
    onStarted(instance.run, seen.incarnation, host.clock.bootMs());
    // The driver may have told by now what became of this very life.
    bool told = instance.seen && instance.seen->incarnation >= seen.incarnation &&
                instance.seen->state == Observed::State::EXITED;
    if (!told) instance.seen = kj::mv(seen);
  });
}

kj::Promise<void> Supervisor::end(const InstanceId& id, RunStep::Verb verb) {
  auto& instance = instances[id];
  auto& driver = driverOf(instance.kind);
  auto graceMs = instance.wanted ? instance.wanted->rendered.stopGraceMs : Rendered().stopGraceMs;
  kj::Promise<void> stopped = kj::READY_NOW;
  if (verb == RunStep::Verb::STOP) stopped = driver.stop(id, graceMs);
  return stopped.then([id, &driver] { return driver.remove(id); }).then([this, id] {
    auto& instance = instances[id];
    instance.seen = std::nullopt;
    instance.run.startedMs = 0;
    onGone(instance.run, instance.kind);
  });
}

void Supervisor::failed(const InstanceId& id, kj::Exception&& reason, const Hash* started) {
  auto& instance = instances[id];
  auto why = text(reason.getDescription());
  auto nowMs = host.clock.bootMs();
  if (started == nullptr || reason.getType() != kj::Exception::Type::FAILED) {
    onRuntimeAway(instance.run, why, nowMs);
    return;
  }
  if (instance.wanted && instance.wanted->rendered.digest == *started) {
    onStartFailed(instance.run, instance.wanted->restart, why, nowMs, host.clock.wallMs());
  }
  // Perhaps because something is there that nobody told us of.
  tasks.add(look(instance.kind).catch_([](kj::Exception&&) {}));
}

// After something moved: tell, write down, and see what is next.
void Supervisor::settle(const InstanceId& id) {
  auto& instance = instances[id];
  if (instance.wanted) records.save(id, instance.run);
  changed(id);
  consider(id);
}

void Supervisor::wakeAt(const InstanceId& id, uint64_t atMs) {
  auto& instance = instances[id];
  if (instance.wakesAtMs == atMs) return;
  instance.wakesAtMs = atMs;
  auto nowMs = host.clock.bootMs();
  auto pause = (atMs > nowMs ? atMs - nowMs : 0) * kj::MILLISECONDS;
  tasks.add(host.timer.afterDelay(pause).then([this, id, atMs] {
    auto found = instances.find(id);
    if (found == instances.end() || found->second.wakesAtMs != atMs) return;
    found->second.wakesAtMs = 0;
    consider(id);
  }));
}

void Supervisor::forget(InstanceId id) {
  records.erase(id);
  instances.erase(id);
  changed(id);
}

kj::Maybe<Supervisor::View> Supervisor::find(const InstanceId& id) const {
  auto found = instances.find(id);
  if (found == instances.end()) return nullptr;
  auto& instance = found->second;
  View view;
  view.slot = instance.wanted ? &*instance.wanted : nullptr;
  view.seen = instance.seen ? &*instance.seen : nullptr;
  view.run = &instance.run;
  view.state = stateOf(view.slot, view.seen, instance.run);
  // What runs may have something amiss too: a limit that this host cannot set.
  view.reason = view.state == RunState::RUNNING && view.seen != nullptr ? view.seen->reason
                                                                        : instance.run.reason;
  bool stands = view.slot != nullptr && view.slot->standing != Standing::RUN;
  if (stands) view.reason = view.slot->reason;
  if (instance.stray && view.seen == nullptr && !stands) {
    view.reason = std::string("waits until the ") +
                  (instance.stray == RuntimeKind::PROCESS ? "keeper" : "container engine") +
                  " says that its earlier life has ended";
  }
  // Wanted since the runtime did not answer: it has no history that could say so.
  auto& silent = instance.kind == RuntimeKind::PROCESS ? process : container;
  if (view.state == RunState::PENDING && !silent.known && !stands) view.reason = silent.silence;
  return view;
}

std::vector<InstanceId> Supervisor::all() const {
  std::vector<InstanceId> ids;
  for (auto& [id, instance] : instances) ids.push_back(id);
  return ids;
}

Driver& Supervisor::driverOf(RuntimeKind kind) { return runtime(kind).driver; }

void Supervisor::taskFailed(kj::Exception&& exception) {
  KJ_LOG(ERROR, "the supervisor's own code failed", exception);
}

}  // namespace skerry
