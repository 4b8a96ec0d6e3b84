// How the site runs things: the interface every runtime's driver has. A driver is told single
// steps; what should run, and when again, is its caller's decision.
//
// Drivers own nothing that runs: destroying one, or its daemon, leaves every instance running, and
// list() finds them again. All calls are idempotent and may be repeated after any failure. None
// blocks the loop. Calls on different instances may overlap; calls on one instance are carried out
// one after the other.
//
// Failures (exceptions of the promises): DISCONNECTED, the runtime itself does not answer and what
// runs is untouched: try again later. FAILED: this instance cannot be started as rendered, and the
// text says why in an operator's words. Dropping a promise stops the waiting, not the step.
#pragma once
#include "tier_site/drivers/instance.h"
#include <kj/async.h>
#include <kj/function.h>

namespace skerry {

struct LogLine {
  enum class Stream : uint8_t { OUT, ERR };
  int64_t wallMs = 0;  // when the runtime read it, by this host's clock
  Stream stream = Stream::OUT;
  std::string text;    // without its line end; at most LOG_LINE_BYTES_MAX
  bool operator==(const LogLine&) const = default;
};

struct LogOptions {
  enum class Follow : uint8_t { NO, YES };
  uint32_t tailLines = UINT32_MAX;  // only the last so many of what there is already
  int64_t sinceMs = 0;              // only lines of that wall time and later
  Follow follow = Follow::NO;       // go on with new lines until the promise is dropped
};

class LogSink {
public:
  virtual ~LogSink() noexcept(false) {}
  // The next line is not read before the promise resolves: a slow reader costs no memory.
  virtual kj::Promise<void> line(LogLine line) = 0;
};

class Driver {
public:
  virtual ~Driver() noexcept(false) {}

  // Everything of this site that exists in this runtime, running or ended: adoption. From here on
  // watch() tells what becomes of it.
  virtual kj::Promise<std::vector<Observed>> list() = 0;

  // Starts life `incarnation` (above 0). Resolves when the program runs (exec succeeded). If this
  // or a later life of the same digest exists already it is returned as it is, running or ended.
  // FAILED when the instance runs another digest or an earlier life: stop it first.
  virtual kj::Promise<Observed> start(const Rendered& rendered, uint64_t incarnation) = 0;

  // Resolves when no process of the instance is left. At once when none was.
  virtual kj::Promise<void> stop(InstanceId id, uint32_t graceMs) = 0;

  // Removes what stop() leaves: container, folder, control group, log. Stops without grace if
  // necessary.
  virtual kj::Promise<void> remove(InstanceId id) = 0;

  // `changed` is called from the loop whenever an instance changed without being asked: it ended,
  // restarted, came back, or its runtime came back. The same state may be told twice. One watcher;
  // a second call replaces the first. Calls nothing after the driver's destruction.
  virtual void watch(kj::Function<void(const Observed&)> changed) = 0;

  // Oldest line first. `sink` outlives the promise. Nothing when there is no such instance.
  virtual kj::Promise<void> logs(InstanceId id, LogOptions options, LogSink& sink) = 0;
};

}  // namespace skerry
