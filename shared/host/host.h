// Everything a daemon gets from outside: its machine as a set of references. What is not in here
// is deterministic. Real ones are in real_host.h; simulated ones in test/sim.
#pragma once
#include <kj/async-io.h>
#include <kj/filesystem.h>
#include <kj/timer.h>
#include "shared/async/worker.h"
#include "shared/host/system.h"
#include <cstdint>

namespace skerry {

class Clock {
public:
  virtual ~Clock() noexcept(false) {}
  // Milliseconds since the Unix epoch, as the machine believes. May be years off, may jump.
  virtual int64_t wallMs() const = 0;
  // CLOCK_BOOTTIME: never jumps, counts through suspend, starts again at each boot.
  virtual uint64_t bootMs() const = 0;
  // Names the boot that bootMs() counts from. Equal ids, same boot.
  virtual kj::StringPtr bootId() const = 0;
};

class Entropy {
public:
  virtual ~Entropy() noexcept(false) {}
  virtual void fill(kj::ArrayPtr<kj::byte> bytes) = 0;
  uint64_t next() {
    uint64_t value;
    fill({reinterpret_cast<kj::byte*>(&value), sizeof(value)});
    return value;
  }
};

struct Command {
  kj::String program;  // a path, or a name looked up in PATH
  kj::Array<kj::String> arguments;  // without the program's own name
};

struct Ended {
  int code = 0;    // -1 when a signal ended it
  int signal = 0;
  kj::String output;  // standard output, at most OUTPUT_BYTES_MAX; standard error is inherited
  static constexpr size_t OUTPUT_BYTES_MAX = 64 << 10;
};

class Processes {
public:
  virtual ~Processes() noexcept(false) {}
  // Runs a child to its end. FAILED when the program cannot be executed. Dropping the promise does
  // not end the child.
  virtual kj::Promise<Ended> run(Command command) = 0;
  // Resolves once process `pid`, a child or not, has ended; at once when there is none.
  virtual kj::Promise<void> onExit(int pid) = 0;
  // Ticks since boot at which `pid` started: tells a process from a later one with its number.
  // Zero when there is none.
  virtual uint64_t startTime(int pid) = 0;
};

// Where databases live.
class Disk {
public:
  virtual ~Disk() noexcept(false) {}
  // SQLite's name for it; null is the platform's own.
  virtual const char* vfs() const = 0;
  // Runs a database's jobs: a thread of its own, or inline on virtual time.
  virtual kj::Own<Worker> newWorker() = 0;
  // Path of a database by its file name.
  virtual kj::String databasePath(kj::StringPtr file) const = 0;
};

// What the machine has to give. Zero: not known.
struct Capacity {
  uint64_t cpuMilli = 0;  // thousandths of a CPU
  uint64_t memoryBytes = 0;
};

// References outlive the daemon.
struct Host {
  kj::Network& network;  // TCP, and unix sockets as "unix:PATH"
  kj::Timer& timer;      // monotonic
  Clock& clock;
  Entropy& entropy;
  const kj::Directory& files;  // the daemon's data folder
  kj::StringPtr path;          // of that folder, absolute: what sockets and children are told
  Processes& processes;
  Disk& disk;
  System& system;
  Capacity capacity = {};
};

}  // namespace skerry
