#include "shared/async/uv_guest.h"
#include <kj/debug.h>
#include <kj/timer.h>
#include <poll.h>
#include <uv.h>

namespace skerry {

namespace {

constexpr unsigned ROUNDS_MAX = 64;  // of the guest's loop before KJ's gets its turn

}  // namespace

UvGuest::UvGuest(kj::UnixEventPort& port) : timer(port.getTimer()), guest(kj::heap<uv_loop_t>()) {
  int error = uv_loop_init(guest.get());
  KJ_REQUIRE(error == 0, "libuv cannot open its loop: too many open files?", uv_strerror(error));
  observer = kj::heap<kj::UnixEventPort::FdObserver>(
      port, uv_backend_fd(guest.get()), kj::UnixEventPort::FdObserver::OBSERVE_READ);
  task = turn().eagerlyEvaluate([](kj::Exception&& reason) {
    KJ_LOG(FATAL, "the libuv loop died: no child process is heard of any more", reason);
  });
}

UvGuest::~UvGuest() noexcept(false) {
  task = nullptr;
  observer = nullptr;  // before the descriptor that it observes
  uv_walk(guest.get(), [](uv_handle_t* handle, void*) {
    if (!uv_is_closing(handle)) uv_close(handle, nullptr);
  }, nullptr);
  while (uv_run(guest.get(), UV_RUN_DEFAULT) != 0) {}
  KJ_ASSERT(uv_loop_close(guest.get()) == 0, "a libuv handle is still open");
}

void UvGuest::kick() {
  kicked = true;
  KJ_IF_MAYBE(fulfiller, sleeper) {
    (*fulfiller)->fulfill();
    sleeper = nullptr;
  }
}

bool UvGuest::hasMore() {
  if (kicked) return true;
  // A loop that is not alive looks at no descriptor, so one left ready would be ready for ever.
  if (!uv_loop_alive(guest.get())) return false;
  struct pollfd backend = {uv_backend_fd(guest.get()), POLLIN, 0};
  return ::poll(&backend, 1, 0) > 0;
}

kj::Promise<void> UvGuest::turn() {
  // KJ's observer is edge-triggered: it is armed first, and the backend drained until it says that
  // nothing is left, or what is left would never be announced.
  auto becameReady = observer->whenBecomesReadable();
  unsigned rounds = 0;
  do {
    ++turns;
    kicked = false;
    uv_run(guest.get(), UV_RUN_NOWAIT);
  } while (++rounds < ROUNDS_MAX && hasMore());

  auto paf = kj::newPromiseAndFulfiller<void>();
  sleeper = kj::mv(paf.fulfiller);
  auto wake = becameReady.exclusiveJoin(kj::mv(paf.promise));
  // A loop that is not alive has timeout 0, too, and would spin.
  int timeoutMs = uv_loop_alive(guest.get()) ? uv_backend_timeout(guest.get()) : -1;
  if (rounds == ROUNDS_MAX) timeoutMs = 0;
  if (timeoutMs >= 0) {
    wake = wake.exclusiveJoin(timer.afterDelay(timeoutMs * kj::MILLISECONDS));
  }
  return wake.then([this]() {
    sleeper = nullptr;
    return turn();
  });
}

}  // namespace skerry
