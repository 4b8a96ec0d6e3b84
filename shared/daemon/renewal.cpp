#include "shared/daemon/renewal.h"
#include "shared/daemon/log.h"

namespace skerry {

Renewal::Renewal(Host& host, const TrustedClock& clock, Owner& owner)
    : host(host), clock(clock), owner(owner) {
  kj::Promise<void> loop = renewForEver();
  renewing = loop.eagerlyEvaluate([](kj::Exception&& reason) {
    logEvent(Severity::ERROR, "certificate.unrenewed", {{"reason", reason.getDescription()}});
  });
}

void Renewal::toldExpired() {
  isTold = true;
  if (wake.get() != nullptr) wake->fulfill();
}

void Renewal::linkUp() {
  attempts = 0;
  isTold = false;
  if (isWanted() && wake.get() != nullptr) wake->fulfill();
}

Task<void> Renewal::renewForEver() {
  for (;;) {
    auto look = nextLook();
    co_await look;
    if (!isWanted()) continue;
    attempts++;
    auto asking = kj::evalNow([this] { return owner.askForNext(); })
        .then([this](RenewAnswer&& answer) { take(kj::mv(answer)); })
        .catch_([this](kj::Exception&& reason) { failed(text(reason.getDescription())); });
    co_await asking;
  }
}

bool Renewal::isWanted() const {
  return isTold || (owner.isLinkUp() && clock.nowMs() >= owner.renewalDueMs());
}

kj::Promise<void> Renewal::nextLook() {
  kj::Duration pause = RENEWAL_LOOK_EVERY;
  if (isTold) {
    constexpr unsigned SHIFT_MAX = 20;  // far beyond the cap
    auto bound = kj::min(RENEWAL_BACKOFF_BASE * (int64_t(1) << kj::min(attempts, SHIFT_MAX)),
                         kj::Duration(RENEWAL_BACKOFF_CAP));
    pause = int64_t(host.entropy.next() % uint64_t(bound / kj::MICROSECONDS)) * kj::MICROSECONDS;
    return host.timer.afterDelay(pause);
  }
  auto woken = kj::newPromiseAndFulfiller<void>();
  wake = kj::mv(woken.fulfiller);
  auto turn = host.timer.afterDelay(pause).exclusiveJoin(kj::mv(woken.promise));
  // Who was told meanwhile waits for its own turn.
  return turn.then([this]() -> kj::Promise<void> {
    return isTold ? nextLook() : kj::READY_NOW;
  });
}

void Renewal::take(RenewAnswer answer) {
  if (auto refused = std::get_if<RefusedQuestion>(&answer)) {
    return failed(refused->reason + ": " + refused->text);
  }
  isTold = false;
  lastTrouble.clear();
  owner.takeNext(kj::mv(std::get<Renewed>(answer)));
  logEvent(Severity::INFO, "certificate.renewed");
}

void Renewal::failed(const std::string& why) {
  if (why == lastTrouble) return;
  lastTrouble = why;
  logEvent(Severity::WARNING, "certificate.unrenewed", {{"reason", why}});
}

}  // namespace skerry
