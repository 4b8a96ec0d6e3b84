// Keeps what runs equal to what is wanted: looks, asks nextStep(), lets the driver do it, looks
// again. Knows nothing of documents or links, so nothing that happens to them disturbs it.
#pragma once
#include "shared/host/host.h"
#include "tier_site/drivers/driver.h"
#include "tier_site/plan.h"
#include <kj/async.h>
#include <set>

namespace skerry {

// Where restart histories are kept. A history that could not be written is no reason not to heal.
class RunRecords {
public:
  virtual ~RunRecords() noexcept(false) {}
  virtual void save(const InstanceId& id, const Run& run) = 0;
  virtual void erase(const InstanceId& id) = 0;
};

constexpr uint64_t LOOK_PATIENCE_MS = 2'000;
constexpr uint64_t RUNTIME_LOOK_MS_MAX = 15'000;  // between looks for one that nobody misses

class Supervisor final : private kj::TaskSet::ErrorHandler {
public:
  struct Runtimes {
    Driver& process;
    Driver& container;
  };
  // Everything outlives this. `changed` is told of every instance whose state or history moved.
  Supervisor(Host& host, Runtimes runtimes, RunRecords& records,
             std::map<InstanceId, Run> histories,
             kj::Function<void(const InstanceId&)> changed);
  KJ_DISALLOW_COPY(Supervisor);

  // Finds what runs already. Nothing is started or stopped before a runtime was looked at; one
  // that does not answer is tried again for ever. Resolves after the first look at each, or after
  // LOOK_PATIENCE_MS: one that hangs keeps neither the other nor the link waiting.
  kj::Promise<void> adopt();
  // Hands every history to the records again: they may have missed some.
  void saveAll();
  // What is wanted is only what a backup says: what is missing is started, and nothing that runs is
  // ended. To be followed by want().
  void endNothing(bool so) { endsNothing = so; }
  // All that should run. What is not in it is stopped and removed.
  void want(std::map<InstanceId, Slot> slots);

  struct View {
    RunState state;
    const Slot* slot;      // null: on its way out
    const Observed* seen;  // null: does not exist
    const Run* run;
    std::string reason;
  };
  // Null: neither wanted nor there.
  kj::Maybe<View> find(const InstanceId& id) const;
  std::vector<InstanceId> all() const;
  Driver& driverOf(RuntimeKind kind);

private:
  struct Instance {
    std::optional<Slot> wanted;
    std::optional<Observed> seen;
    RuntimeKind kind = RuntimeKind::PROCESS;
    // Another life of it, in the runtime that the service moved away from: seen there, or begun
    // there and not known to be over. It is ended first.
    std::optional<RuntimeKind> stray;
    uint64_t strayRetryMs = 0;
    Run run;
    bool busy = false;    // a step is under way; what comes meanwhile is considered after it
    uint64_t wakesAtMs = 0;
  };
  struct Runtime {
    Driver& driver;
    bool tried = false;  // it was asked for its list
    bool known = false;  // and answered
    std::string silence = {};  // why it is not known yet
  };

  kj::Promise<void> look(RuntimeKind kind);
  kj::Promise<void> lookUntilKnown(RuntimeKind kind, uint64_t waitMs);
  // Something is wanted of it, or may run in it.
  bool isMissed(RuntimeKind kind) const;
  void isAway(RuntimeKind kind, const std::string& why);
  static void isNotIn(RuntimeKind kind, Instance& instance);
  void observe(RuntimeKind kind, const Observed& seen);
  void consider(const InstanceId& id);
  void act(const InstanceId& id, Instance& instance, RunStep step);
  kj::Promise<void> start(const InstanceId& id, uint64_t incarnation);
  kj::Promise<void> end(const InstanceId& id, RunStep::Verb verb);
  // `started`: the rendered service whose start failed; null: it was another step.
  void failed(const InstanceId& id, kj::Exception&& reason, const Hash* started);
  void countEnd(Instance& instance);
  void clearStray(const InstanceId& id, Instance& instance);
  void settle(const InstanceId& id);
  void wakeAt(const InstanceId& id, uint64_t atMs);
  void forget(InstanceId id);
  Runtime& runtime(RuntimeKind kind) {
    return kind == RuntimeKind::PROCESS ? process : container;
  }
  void taskFailed(kj::Exception&& exception) override;

  Host& host;
  Runtime process, container;
  RunRecords& records;
  kj::Function<void(const InstanceId&)> changed;
  std::map<InstanceId, Instance> instances;
  bool endsNothing = false;
  kj::TaskSet tasks;
};

}  // namespace skerry
