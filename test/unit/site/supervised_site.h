// A supervisor over two runtimes of the test's own making, on virtual time.
#pragma once
#include "test/sim/sim_host.h"
#include "test/unit/site/fake_driver.h"
#include "tier_site/supervisor.h"
#include <algorithm>

namespace skerry {

inline Slot slotOf(const std::string& service, uint8_t revision = 1,
            RuntimeKind kind = RuntimeKind::PROCESS) {
  Slot slot;
  slot.rendered.id = {"acme", "pos", service, 0};
  slot.rendered.kind = kind;
  slot.rendered.command = {"/bin/run", std::to_string(revision)};
  slot.rendered.digest = renderedDigest(slot.rendered);
  return slot;
}

struct MemoryRecords final : RunRecords {
  std::map<InstanceId, Run> kept;
  void save(const InstanceId& id, const Run& run) override { kept[id] = run; }
  void erase(const InstanceId& id) override { kept.erase(id); }
};

// What the store keeps of a history.
inline Run storedHalf(const Run& run) {
  Run stored = run;
  stored.notBeforeMs = stored.awayUntilMs = stored.startedMs = 0;
  stored.finished = false;
  return stored;
}

struct SupervisedSite {
  SimWorld world;
  SimHost machine{world, "site"};
  FakeDriver process{world.timer()}, container{world.timer()};
  MemoryRecords records;
  std::vector<InstanceId> changes;
  kj::Own<Supervisor> supervisor;

  explicit SupervisedSite(uint64_t seed = 3) : world(seed) {
    machine.powerOn();
    world.runFor(1'000);
    begin();
  }
  // A controller's life: the histories it finds, and nothing else of an earlier one.
  void begin() {
    supervisor = nullptr;
    process.controllerDied();
    container.controllerDied();
    std::map<InstanceId, Run> histories;
    for (auto& [id, run] : records.kept) histories[id] = storedHalf(run);
    supervisor = kj::heap<Supervisor>(machine.host(), Supervisor::Runtimes{process, container},
                                      records, histories,
                                      [this](const InstanceId& id) { changes.push_back(id); });
  }
  void want(const std::vector<Slot>& slots) {
    std::map<InstanceId, Slot> all;
    for (auto& slot : slots) all.emplace(slot.rendered.id, slot);
    supervisor->want(all);
  }
  void adopt() { world.run(supervisor->adopt(), 1'000); }
  void serve(const std::vector<Slot>& slots) {
    want(slots);
    adopt();
    world.runFor(100);
  }
  RunState state(const Slot& slot) {
    KJ_IF_MAYBE(view, supervisor->find(slot.rendered.id)) return view->state;
    return RunState::STOPPED;
  }
  bool knows(const Slot& slot) { return supervisor->find(slot.rendered.id) != nullptr; }
  const Run& run(const Slot& slot) {
    return *KJ_ASSERT_NONNULL(supervisor->find(slot.rendered.id)).run;
  }
  size_t count(const std::string& call) const {
    return size_t(std::count(process.calls.begin(), process.calls.end(), call));
  }
};

}  // namespace skerry
