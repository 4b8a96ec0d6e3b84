#include "test/sim/sim_host.h"
#include <kj/debug.h>

namespace skerry {

// A UUID in form, as the kernel's.
void SimClock::boot() {
  bootedAtMs = time.nowMs();
  char text[40];
  uint64_t high = entropy.next(), low = entropy.next();
  snprintf(text, sizeof(text), "%08x-%04x-%04x-%04x-%012llx", unsigned(high >> 32),
           unsigned(high >> 16 & 0xffff), unsigned(high & 0xffff), unsigned(low >> 48),
           (unsigned long long)(low & 0xffff'ffff'ffff));
  id = kj::str(text);
}

void SimClock::freeze() {
  if (!isFrozen) frozenAtMs = time.nowMs();
  isFrozen = true;
}

void SimClock::thaw() {
  if (isFrozen) offsetMs -= int64_t(time.nowMs() - frozenAtMs);
  isFrozen = false;
}

class SimHost::DiskSeam final : public Disk {
public:
  DiskSeam(SimHost& host, SimWorld& world, MemoryDisk& platter)
      : host(host), timer(world.timer()), chance(world.entropy().fork()), platter(platter) {}

  const char* vfs() const override { return platter.vfsName(); }
  kj::Own<Worker> newWorker() override {
    return newInlineWorker([this]() {
      return timer.afterDelay(chance.between(0, host.diskLatencyMsMax) * kj::MILLISECONDS);
    });
  }
  kj::String databasePath(kj::StringPtr file) const override { return kj::str(file); }

private:
  SimHost& host;
  kj::Timer& timer;
  SeededEntropy chance;
  MemoryDisk& platter;
};

SimHost::Start SimHost::nothing() {
  return [](SimHost&) { return kj::heap<Program>(); };
}

SimHost::SimHost(SimWorld& world, kj::StringPtr name, Start start)
    : itsWorld(world), itsName(kj::str(name)), path(kj::str("/sim/", name)), start(kj::mv(start)),
      chance(world.entropy().fork()), clock(world.trace(), chance),
      platter(name, world.entropy().fork()), files(kj::newInMemoryDirectory(kj::nullClock())),
      network(world.network().viewOf(name)), databases(kj::heap<DiskSeam>(*this, world, platter)),
      others(*this),
      seams {*network, world.timer(), clock, chance, *files, path, others, *databases,
             machine} {
  world.network().goesSilent(name);  // until it is switched on
}

SimHost::~SimHost() noexcept(false) { powerOff(); }

void SimHost::powerOn() {
  KJ_REQUIRE(!on, "the host is on already", itsName);
  on = true;
  ++bootCount;
  clock.boot();
  itsWorld.trace().note(itsName, kj::str("boots, disk ", platter.digest()));
  itsWorld.network().comesBack(itsName);
  program = start(*this);
}

// The network first, so that no destructor speaks; then the disk, since destructors close files and
// closing would sync; what survived is decided last.
void SimHost::powerOff() {
  if (!on) return;
  itsWorld.network().goesSilent(itsName);
  platter.cutPower();
  program = nullptr;
  others.powerGoes();
  platter.restorePower();
  on = false;
  darkened = false;
  itsWorld.trace().note(itsName, kj::str("lost power, disk ", platter.digest()));
}

void SimHost::powerOffAtDiskCall(uint64_t n) {
  platter.cutPowerAtCall(n, [this]() {
    darkened = true;
    itsWorld.network().goesSilent(itsName);
    itsWorld.trace().note(itsName, "goes dark inside a disk call");
  });
}

void SimHost::crash() {
  if (darkened) return powerOff();  // what died first decides what is lost
  if (program == nullptr) return;
  platter.cutPower();
  program = nullptr;
  platter.restoreProcess();
  itsWorld.trace().note(itsName, kj::str("crashed, disk ", platter.digest()));
}

void SimHost::restart() {
  KJ_REQUIRE(on && !darkened, "a daemon restarts on a machine that is on", itsName);
  KJ_REQUIRE(program == nullptr, "the daemon runs already", itsName);
  itsWorld.trace().note(itsName, kj::str("restarts, disk ", platter.digest()));
  program = start(*this);
}

void SimHost::jumpWallClock(int64_t ms) {
  clock.jump(ms);
  itsWorld.trace().note(itsName, kj::str("wall clock jumps to ", clock.wallMs()));
}

void SimHost::freezeWallClock() {
  clock.freeze();
  itsWorld.trace().note(itsName, "wall clock stands still");
}

void SimHost::thawWallClock() {
  clock.thaw();
  itsWorld.trace().note(itsName, "wall clock goes on");
}

void SimHost::wipe() {
  KJ_REQUIRE(!on, "a disk is changed in a machine that is off", itsName);
  for (auto& entry : files->listNames()) files->remove(kj::Path(kj::str(entry)));
  platter.wipe();
  itsWorld.trace().note(itsName, "has a new disk");
}

}  // namespace skerry
