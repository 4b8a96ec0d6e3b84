// Keeps a daemon's core alive. A core whose disk failed it is ahead of what is stored: it is
// dropped, with all its sessions, and built anew from the store, as if the daemon had restarted.
//
//   failed ──► dropped ──► pause: 1 s, doubled to 60 s ──► opened ──► serves ──► ...
//
// A core that opens by reading alone (Reopen::AT_ONCE) is back before the pause: it can be asked,
// and leaves the disk alone for the pause, quiet(). A core that served for REBUILD_PAUSE_MAX
// forgives the failures before it.
#pragma once
#include "shared/daemon/log.h"
#include "shared/host/host.h"
#include <kj/debug.h>

namespace skerry {

constexpr auto REBUILD_PAUSE_MIN = 1 * kj::SECONDS;
constexpr auto REBUILD_PAUSE_MAX = 60 * kj::SECONDS;

enum class Reopen : uint8_t { AFTER_PAUSE, AT_ONCE };

template <typename Core>
class Rebuilt final {
public:
  // `open` makes a core from the store; the core calls `failed` (from the loop, at most once) when
  // it cannot go on. `host` outlives this.
  using Failed = kj::Function<void(kj::Exception)>;
  using Open = kj::Function<kj::Promise<kj::Own<Core>>(Failed failed)>;
  Rebuilt(Host& host, Open open, Reopen reopen = Reopen::AFTER_PAUSE)
      : host(host), open(kj::mv(open)), reopen(reopen) {}

  // The first opening; its failure is the daemon's.
  kj::Promise<void> start() {
    failedWhileOpening = nullptr;
    return open([this](kj::Exception reason) { rebuild(kj::mv(reason)); })
        .then([this](kj::Own<Core>&& made) {
      KJ_IF_MAYBE(reason, failedWhileOpening) kj::throwFatalException(kj::mv(*reason));
      core = kj::mv(made);
      openedAt = host.timer.now();
    });
  }
  kj::Maybe<Core&> get() {
    return core.map([](kj::Own<Core>& held) -> Core& { return *held; });
  }
  void drop() {
    task = kj::READY_NOW;
    core = nullptr;
  }

  // For how long the disk is to be left alone since the last failure.
  kj::Duration quiet() const {
    if (failures == 0) return 0 * kj::SECONDS;
    constexpr unsigned DOUBLINGS_MAX = 6;  // beyond the longest pause
    return kj::min(REBUILD_PAUSE_MIN * (1 << kj::min(failures - 1, DOUBLINGS_MAX)),
                   REBUILD_PAUSE_MAX);
  }
  // What failed last, for a person; empty when nothing did since the start.
  const std::string& lastTrouble() const { return trouble; }

private:
  void rebuild(kj::Exception reason) {
    // Who opens it is still waiting, and tries again.
    if (core == nullptr) {
      failedWhileOpening = kj::mv(reason);
      return;
    }
    if (host.timer.now() - openedAt >= quiet() + REBUILD_PAUSE_MAX) failures = 0;
    note(reason);
    // Later, because the core is in the middle of telling us.
    task = kj::evalLater([this] { core = nullptr; }).then([this] {
      return again(reopen == Reopen::AT_ONCE ? 0 * kj::SECONDS : quiet());
    }).eagerlyEvaluate(nullptr);
  }
  kj::Promise<void> again(kj::Duration pause) {
    return host.timer.afterDelay(pause).then([this] { return start(); })
        .catch_([this](kj::Exception&& reason) {
      note(reason);
      return again(quiet());
    });
  }
  void note(const kj::Exception& reason) {
    trouble = std::string(reason.getDescription().cStr());
    auto event = failures++ == 0 ? "store.failed" : "store.unavailable";
    logEvent(Severity::ERROR, event, {{"reason", trouble},
             {"next", "what runs is untouched; free space or replace the disk"},
             {"againInS", uint64_t(quiet() / kj::SECONDS)}});
  }

  Host& host;
  Open open;
  const Reopen reopen;
  kj::Maybe<kj::Own<Core>> core;
  kj::Maybe<kj::Exception> failedWhileOpening;
  kj::TimePoint openedAt = kj::origin<kj::TimePoint>();
  unsigned failures = 0;  // since a core last served for long
  std::string trouble;
  kj::Promise<void> task = kj::READY_NOW;
};

}  // namespace skerry
