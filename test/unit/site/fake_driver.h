// A runtime of the test's own making: it does what it is told, some time later, and says when two
// steps on one instance overlapped.
#pragma once
#include "shared/host/host.h"
#include "tier_site/drivers/driver.h"
#include <kj/debug.h>
#include <map>

namespace skerry {

class FakeDriver final : public Driver {
public:
  explicit FakeDriver(kj::Timer& timer) : timer(timer) {}

  std::map<InstanceId, Observed> there;
  std::vector<std::string> calls;     // "start web 1", in the order they came
  uint64_t stepMs = 5;
  bool away = false;                  // nothing answers
  bool hangs = false;                 // list() is never answered
  bool throwsAtOnce = false;          // a failure before there is a promise
  std::string refusal;                // of every start
  int exitsAtStart = -1;              // a life of this exit code, over before start() resolves
  int overlaps = 0;

  kj::Promise<std::vector<Observed>> list() override {
    calls.push_back("list");
    if (hangs) return kj::NEVER_DONE;
    if (away) return gone();
    std::vector<Observed> all;
    for (auto& [id, seen] : there) all.push_back(seen);
    return all;
  }

  kj::Promise<Observed> start(const Rendered& rendered, uint64_t incarnation) override {
    note("start", rendered.id, incarnation);
    if (throwsAtOnce) kj::throwFatalException(KJ_EXCEPTION(FAILED, "thrown at once"));
    auto id = rendered.id;
    auto digest = rendered.digest;
    return step<Observed>(id, [this, id, digest, incarnation] {
      if (!refusal.empty()) {
        kj::throwFatalException(KJ_EXCEPTION(FAILED, "refused", refusal.c_str()));
      }
      auto found = there.find(id);
      bool runs = found != there.end() && found->second.state == Observed::State::RUNNING;
      KJ_REQUIRE(!runs || found->second.digest == digest, "another revision of it still runs");
      Observed seen;
      seen.id = id;
      seen.digest = digest;
      seen.state = Observed::State::RUNNING;
      seen.pid = ++pids;
      seen.incarnation = incarnation;
      there[id] = seen;
      if (exitsAtStart >= 0) exits(id, exitsAtStart);
      return seen;
    });
  }

  kj::Promise<void> stop(InstanceId id, uint32_t) override {
    note("stop", id);
    return step<void>(id, [this, id] {
      auto found = there.find(id);
      if (found != there.end()) found->second.state = Observed::State::EXITED;
    });
  }

  kj::Promise<void> remove(InstanceId id) override {
    note("remove", id);
    return step<void>(id, [this, id] { there.erase(id); });
  }

  void watch(kj::Function<void(const Observed&)> changed) override { told = kj::mv(changed); }
  kj::Promise<void> logs(InstanceId, LogOptions, LogSink&) override { return kj::READY_NOW; }

  // The service ends by itself.
  void exits(const InstanceId& id, int code) {
    auto& seen = there.at(id);
    seen.state = Observed::State::EXITED;
    seen.exitCode = code;
    tell(seen);
  }
  void tell(Observed seen) {
    KJ_IF_MAYBE(callback, told) (*callback)(seen);
  }
  int pidOf(const InstanceId& id) const {
    auto found = there.find(id);
    return found == there.end() ? 0 : found->second.pid;
  }
  // What was under way never happened.
  void controllerDied() { busy.clear(); }
  // An instance that somebody started before.
  Observed place(const Rendered& rendered, uint64_t incarnation,
                 Observed::State state = Observed::State::RUNNING) {
    Observed seen;
    seen.id = rendered.id;
    seen.digest = rendered.digest;
    seen.state = state;
    seen.pid = ++pids;
    seen.incarnation = incarnation;
    return there[rendered.id] = seen;
  }

private:
  kj::Exception gone() { return KJ_EXCEPTION(DISCONNECTED, "the runtime does not answer"); }
  void note(const char* verb, const InstanceId& id, uint64_t incarnation = 0) {
    auto line = std::string(verb) + " " + id.service;
    calls.push_back(incarnation == 0 ? line : line + " " + std::to_string(incarnation));
  }
  template <typename T>
  kj::Promise<T> step(InstanceId id, kj::Function<T()> act) {
    if (++busy[id] > 1) ++overlaps;
    auto pause = timer.afterDelay(stepMs * kj::MILLISECONDS);
    return pause.then([this, id, act = kj::mv(act)]() mutable {
      --busy[id];
      if (away) kj::throwFatalException(gone());
      return act();
    });
  }

  kj::Timer& timer;
  std::map<InstanceId, int> busy;
  kj::Maybe<kj::Function<void(const Observed&)>> told;
  int pids = 100;
};

}  // namespace skerry
