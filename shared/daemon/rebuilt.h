// Keeps a daemon's core alive. A core whose disk failed it is ahead of what is stored: it is
// dropped, with all its sessions, and built anew from the store, as if the daemon had restarted.
#pragma once
#include "shared/daemon/log.h"
#include "shared/host/host.h"
#include <kj/debug.h>

namespace skerry {

constexpr auto REBUILD_AFTER = 1 * kj::SECONDS;

template <typename Core>
class Rebuilt final {
public:
  // `open` makes a core from the store; the core calls `failed` (from the loop, at most once) when
  // it cannot go on. `host` outlives this.
  using Failed = kj::Function<void(kj::Exception)>;
  using Open = kj::Function<kj::Promise<kj::Own<Core>>(Failed failed)>;
  Rebuilt(Host& host, Open open) : host(host), open(kj::mv(open)) {}

  // The first opening; its failure is the daemon's.
  kj::Promise<void> start() {
    failedWhileOpening = false;
    return open([this](kj::Exception reason) { rebuild(kj::mv(reason)); })
        .then([this](kj::Own<Core>&& made) {
      KJ_REQUIRE(!failedWhileOpening, "the store failed while it was being opened");
      core = kj::mv(made);
    });
  }
  kj::Maybe<Core&> get() {
    return core.map([](kj::Own<Core>& held) -> Core& { return *held; });
  }
  void drop() {
    task = kj::READY_NOW;
    core = nullptr;
  }

private:
  void rebuild(kj::Exception reason) {
    logEvent(Severity::ERROR, "store.failed", {{"reason", reason.getDescription()},
             {"next", "what runs is untouched; free space or replace the disk"}});
    // Who opens it is still waiting, and tries again.
    if (core == nullptr) {
      failedWhileOpening = true;
      return;
    }
    // Later, because the core is in the middle of telling us.
    task = kj::evalLater([this] { core = nullptr; }).then([this] { return again(); })
        .eagerlyEvaluate(nullptr);
  }
  kj::Promise<void> again() {
    return host.timer.afterDelay(REBUILD_AFTER).then([this] { return start(); })
        .catch_([this](kj::Exception&& reason) {
      logEvent(Severity::ERROR, "store.unavailable", {{"reason", reason.getDescription()}});
      return again();
    });
  }

  Host& host;
  Open open;
  kj::Maybe<kj::Own<Core>> core;
  bool failedWhileOpening = false;
  kj::Promise<void> task = kj::READY_NOW;
};

}  // namespace skerry
