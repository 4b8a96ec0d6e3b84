#include "shared/link/dialer.h"
#include "shared/link/admission.h"
#include "shared/link/socket.h"
#include <kj/debug.h>

namespace skerry {

namespace {

// What an attempt left behind.
struct Attempt {
  kj::String reason;
  kj::Maybe<kj::Duration> retryAfter;
};

}  // namespace

Dialer::Dialer(Host& host, Handshaker& handshaker, std::vector<std::string> addressesParam, Use use)
    : host(host), handshaker(&handshaker), useStream(kj::mv(use)) {
  dial(std::move(addressesParam));
  kj::Promise<void> loop = dialForEver();
  dialling = loop.eagerlyEvaluate(nullptr);
}

Dialer::~Dialer() noexcept(false) {}

void Dialer::dial(std::vector<std::string> renewed) {
  KJ_REQUIRE(!renewed.empty(), "a dialer needs an address");
  addresses = std::move(renewed);
}

void Dialer::answered() {
  if (current.phase != Phase::GREETING) return;
  current.failures = 0;
  enter(Phase::CONNECTED);
}

void Dialer::kick() {
  wasKicked = true;
  if (current.phase == Phase::WAITING && wake.get() != nullptr) wake->fulfill();
}

Task<void> Dialer::dialForEver() {
  for (size_t turn = 0;; turn++) {
    wasKicked = false;
    current.address = addresses[turn % addresses.size()];
    current.attempts++;
    enter(Phase::CONNECTING);
    auto ending = kj::evalNow([this] { return attempt(current.address); })
        .then([](kj::String reason) { return Attempt{kj::mv(reason), nullptr}; },
              [](kj::Exception&& e) {
      return Attempt{kj::str(e.getDescription()), retryAfter(e)};
    });
    auto outcome = co_await ending;
    if (current.phase != Phase::CONNECTED) {
      current.failures++;
      // Who refuses a resumed connection cannot say why: the next one shows its certificate again.
      tickets->ticket = nullptr;
    }
    current.lastError = text(outcome.reason);
    KJ_IF_MAYBE(hear, ended) (*hear)(current.lastError);
    auto pause = delay(outcome.retryAfter);
    enter(Phase::WAITING);
    if (wasKicked) continue;
    current.nextAttemptMs = current.sinceMs + pause / kj::MILLISECONDS;
    auto kicked = kj::newPromiseAndFulfiller<void>();
    wake = kj::mv(kicked.fulfiller);
    auto waiting = kicked.promise.exclusiveJoin(host.timer.afterDelay(pause));
    co_await waiting;
  }
}

kj::Promise<kj::String> Dialer::attempt(const std::string& address) {
  auto late = host.timer.afterDelay(DIAL_CONNECT_MAX).then([]() -> kj::Own<kj::AsyncIoStream> {
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "no answer to the connection attempt"));
  });
  return host.network.parseAddress(address.c_str())
      .then([](kj::Own<kj::NetworkAddress>&& parsed) {
    auto connected = parsed->connect();
    return connected.attach(kj::mv(parsed));
  }).exclusiveJoin(kj::mv(late)).then([this](kj::Own<kj::AsyncIoStream>&& stream) {
    tuneSocket(*stream);
    return handshaker->connect(kj::mv(stream), Door::SESSION, *tickets);
  }).then([this](Secured&& peer) {
    enter(Phase::GREETING);
    return useStream(kj::mv(peer));
  });
}

void Dialer::enter(Phase phase) {
  current.phase = phase;
  current.sinceMs = host.clock.wallMs();
  current.nextAttemptMs = 0;
}

kj::Duration Dialer::delay(kj::Maybe<kj::Duration> askedFor) {
  KJ_IF_MAYBE(wait, askedFor) return *wait + upTo(*wait / 4);
  constexpr unsigned SHIFT_MAX = 20;  // far beyond the cap
  unsigned rounds = current.failures == 0 ? 0 : (current.failures - 1) / addresses.size();
  auto bound = DIAL_BACKOFF_BASE * (int64_t(1) << kj::min(rounds, SHIFT_MAX));
  return upTo(kj::min(bound, kj::Duration(DIAL_BACKOFF_CAP)));
}

kj::Duration Dialer::upTo(kj::Duration bound) {
  return int64_t(host.entropy.next() % (uint64_t(bound / kj::MICROSECONDS) + 1)) * kj::MICROSECONDS;
}

}  // namespace skerry
