#include "tier_site/call_home.h"
#include "shared/async/plainly.h"
#include "shared/async/task.h"
#include "shared/link/enroll.h"
#include "tier_site/join.h"

namespace skerry {
namespace {

kj::Duration rest(Host& host, unsigned calls) {
  constexpr unsigned SHIFT_MAX = 10;  // far beyond the cap
  auto whole = kj::min(CALL_HOME_BASE * (int64_t(1) << kj::min(calls, SHIFT_MAX)),
                       kj::Duration(CALL_HOME_CAP));
  auto half = uint64_t(whole / kj::MICROSECONDS) / 2;
  return whole - int64_t(host.entropy.next() % (half + 1)) * kj::MICROSECONDS;
}

struct Call {
  Token home;
  std::string hostName, proxy;
  StillWaits told;
};

// `host` and `transport` outlive it.
Task<JoinOutcome> callTask(Host& host, const Transport& transport, kj::Own<Call> call) {
  std::string said;
  for (unsigned calls = 0;; calls++) {
    auto calling = joinSite(host, transport, call->home, call->hostName, call->proxy)
        .catch_([](kj::Exception&& reason) {
      return JoinOutcome{false, briefly(reason), "try-again"};
    });
    auto outcome = co_await calling;
    bool isOver = outcome.ok || !mayComeLater({outcome.reason, outcome.text});
    if (isOver) co_return kj::mv(outcome);
    if (outcome.text != said) call->told(outcome.reason, outcome.text);
    said = outcome.text;
    auto resting = host.timer.afterDelay(rest(host, calls));
    co_await resting;
  }
}

}  // namespace

Hash deviceKeyOf(Host& host) {
  return keyHash(*IdentityFolder(host.files).keyOrNew(DEVICE_KEY, host.entropy));
}

kj::Promise<JoinOutcome> callHome(Host& host, const Transport& transport, Token home,
                                  std::string hostName, std::string proxy, StillWaits told) {
  auto call = kj::heap<Call>(Call{std::move(home), std::move(hostName), std::move(proxy),
                                  kj::mv(told)});
  return callTask(host, transport, kj::mv(call));
}

}  // namespace skerry
