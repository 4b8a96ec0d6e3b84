// One simulated machine: network, clocks, entropy, files, processes, a database disk and power.
//
//              powerOn             crash
//      off ──────────────► running ───────► up, no daemon
//       ▲                   │   ▲              │  │
//       └───── powerOff ────┘   └── restart ───┘  │
//       └───────────────── powerOff ──────────────┘
//
// *Crash*: the daemon dies without a word, its kernel does not: peers see its connections end,
// other processes live on, the disk keeps what was written. *Power loss*: nobody hears anything,
// processes are gone, unsynced writes of databases are lost, torn or kept by seed. Files survive
// both. Faults are called from the test, never from inside the daemon they kill.
#pragma once
#include "test/sim/fault_vfs.h"
#include "test/sim/sim_processes.h"
#include "test/sim/sim_system.h"
#include "test/sim/sim_world.h"
#include <kj/filesystem.h>
#include <kj/function.h>

namespace skerry {

constexpr uint64_t SIM_DISK_LATENCY_MS_MAX = 5;  // of one job of a database

// What runs on a host. Destroying it is the crash.
class Program {
public:
  virtual ~Program() noexcept(false) {}
};

class SimClock final : public Clock {
public:
  SimClock(const SimTrace& time, SeededEntropy& entropy) : time(time), entropy(entropy) {}

  int64_t wallMs() const override {
    return SIM_WALL_START_MS + int64_t(isFrozen ? frozenAtMs : time.nowMs()) + offsetMs;
  }
  uint64_t bootMs() const override { return time.nowMs() - bootedAtMs; }
  kj::StringPtr bootId() const override { return id; }

  void jump(int64_t ms) { offsetMs += ms; }
  // Stands still, then goes on from there.
  void freeze();
  void thaw();
  void boot();

private:
  const SimTrace& time;
  SeededEntropy& entropy;
  int64_t offsetMs = 0;
  uint64_t bootedAtMs = 0, frozenAtMs = 0;
  bool isFrozen = false;
  kj::String id;
};

class SimHost {
public:
  // Starts the daemon; called at every powerOn() and restart().
  using Start = kj::Function<kj::Own<Program>(SimHost& host)>;

  // A host without a `start` runs no daemon: a machine of simulated programs only.
  SimHost(SimWorld& world, kj::StringPtr name, Start start = nothing());
  ~SimHost() noexcept(false);
  KJ_DISALLOW_COPY(SimHost);

  kj::StringPtr name() const { return itsName; }
  SimWorld& world() { return itsWorld; }
  Host& host() { return seams; }
  SimProcesses& processes() { return others; }
  MemoryDisk& disk() { return platter; }
  SeededEntropy& entropy() { return chance; }
  SimSystem& system() { return machine; }
  uint64_t diskLatencyMsMax = SIM_DISK_LATENCY_MS_MAX;  // from now on

  void powerOn();
  void powerOff();
  // Power goes in the middle of the n-th disk call from now. Call powerOff() later; until then the
  // daemon computes on, but neither its disk nor its network hears it.
  void powerOffAtDiskCall(uint64_t n);
  void crash();
  void restart();
  void jumpWallClock(int64_t ms);
  void freezeWallClock();
  void thawWallClock();
  // A new disk in the same machine, which is off: its files and databases are gone.
  void wipe();

  bool isOn() const { return on; }
  bool isRunning() const { return program != nullptr; }
  bool lostPower() const { return darkened; }
  uint64_t boots() const { return bootCount; }
  // The running daemon, to be asked by the test.
  Program& daemon() { return *KJ_REQUIRE_NONNULL(program, "no daemon runs here", itsName); }

private:
  class DiskSeam;
  static Start nothing();

  SimWorld& itsWorld;
  const kj::String itsName;
  const kj::String path;
  Start start;
  SeededEntropy chance;
  SimClock clock;
  MemoryDisk platter;
  kj::Own<const kj::Directory> files;
  kj::Own<kj::Network> network;
  kj::Own<DiskSeam> databases;
  SimProcesses others;
  SimSystem machine;
  Host seams;
  uint64_t bootCount = 0;
  bool on = false;
  bool darkened = false;
  kj::Maybe<kj::Own<Program>> program;
};

}  // namespace skerry
