// Runs a libuv loop as a guest of KJ's: KJ sleeps, and gives the guest a turn when its backend
// descriptor turns readable or its next timer is due. An idle guest costs nothing.
//
// KJ owns sockets, timers and files; libuv is here for what KJ lacks (child processes). Only
// shared/async and shared/host may name uv_*. Rules for those:
// - Call kick() after starting any handle or request: libuv arms descriptors and timers only when
//   it runs, and a forgotten kick hangs.
// - Call uv_update_time() before uv_timer_start(), or better use kj::Timer: the guest's clock
//   stands still while it sleeps.
// - A callback wraps its body in kj::runCatchingExceptions (no exception crosses C frames) and only
//   fulfils promises; it never waits for one.
// - SIGCHLD belongs to libuv. KJ's onChildExit() would reap its children, so nobody calls it.
// Linux only: one epoll inside another.
#pragma once
#include <kj/async-unix.h>
#include <cstdint>

struct uv_loop_s;

namespace skerry {

class UvGuest {
public:
  explicit UvGuest(kj::UnixEventPort& port);  // outlives the guest
  // Closes every handle and runs the loop until their close callbacks were called. A handle whose
  // memory its own close callback frees must be closed by its owner before.
  ~UvGuest() noexcept(false);
  KJ_DISALLOW_COPY(UvGuest);

  uv_loop_s* loop() { return guest.get(); }
  void kick();
  uint64_t turnsTaken() const { return turns; }

private:
  kj::Promise<void> turn();
  bool hasMore();

  kj::Timer& timer;
  kj::Own<uv_loop_s> guest;
  kj::Own<kj::UnixEventPort::FdObserver> observer;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> sleeper;
  bool kicked = false;
  uint64_t turns = 0;
  kj::Promise<void> task = nullptr;
};

}  // namespace skerry
