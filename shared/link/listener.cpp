#include "shared/link/listener.h"
#include "shared/link/socket.h"
#include <kj/debug.h>

namespace skerry {

Listener::Listener(kj::Own<kj::ConnectionReceiver> portParam, kj::Timer& timer,
                   Handshaker& handshaker, Doors doorsParam, Limits limits)
    : port(kj::mv(portParam)), timer(timer), handshaker(&handshaker), doors(kj::mv(doorsParam)),
      limits(limits), rate(timer, limits.acceptsPerSecond, limits.acceptsAtOnce),
      connections(*this) {
  kj::Promise<void> loop = acceptForEver();
  accepting = loop.eagerlyEvaluate(nullptr);
}

Listener::~Listener() noexcept(false) {}

Task<void> Listener::acceptForEver() {
  auto backoff = ACCEPT_BACKOFF_MIN;
  for (;;) {
    auto wait = untilNext();
    KJ_IF_MAYBE(w, wait) {
      auto turn = timer.afterDelay(*w).exclusiveJoin(whenFreed());
      co_await turn;
      continue;
    }
    auto next = acceptOne();
    auto accepted = co_await next;
    KJ_IF_MAYBE(stream, accepted) {
      backoff = ACCEPT_BACKOFF_MIN;
      shake(kj::mv(*stream));
    } else {
      // No descriptors or no memory: some will be free again. The kernel keeps who waits.
      auto pause = timer.afterDelay(backoff);
      co_await pause;
      backoff = kj::min(backoff * 2, kj::Duration(ACCEPT_BACKOFF_MAX));
    }
  }
}

// Null: now. Who is in handshake has its place for a while, whoever else comes.
kj::Maybe<kj::Duration> Listener::untilNext() {
  auto untilHad = [this](const Shaking& one, kj::Duration time) {
    return one.since + time - timer.now();
  };
  if (shaking.size() >= limits.halfOpenMax) {
    auto rest = untilHad(shaking.begin()->second, limits.halfOpenMin);
    if (rest > 0 * kj::SECONDS) return rest;
  }
  if (shaking.size() >= limits.shakingAtOnce) {
    auto rest = untilHad(std::prev(shaking.end(), limits.shakingAtOnce)->second, SHAKING_USUALLY);
    if (rest > 0 * kj::SECONDS) return rest;
  }
  return rate.take();
}

kj::Promise<void> Listener::whenFreed() {
  auto pair = kj::newPromiseAndFulfiller<void>();
  waiting = kj::mv(pair.fulfiller);
  return kj::mv(pair.promise);
}

void Listener::freed() {
  if (waiting.get() != nullptr && waiting->isWaiting()) waiting->fulfill();
}

void Listener::wasLetIn() {
  rate.giveBack();
  freed();
}

// Null when the port failed, which is never the end.
kj::Promise<kj::Maybe<kj::Own<kj::AsyncIoStream>>> Listener::acceptOne() {
  // evalNow, because KJ's sockets throw some errors here.
  return kj::evalNow([this] { return port->accept(); })
      .then([](kj::Own<kj::AsyncIoStream>&& stream) -> kj::Maybe<kj::Own<kj::AsyncIoStream>> {
    return kj::mv(stream);
  }, [this](kj::Exception&& e) -> kj::Maybe<kj::Own<kj::AsyncIoStream>> {
    counted.acceptFailures++;
    refusal = kj::str("the port does not accept: ", e.getDescription());
    return nullptr;
  });
}

// When too many are in handshake the oldest gives way: an honest one is done in a few round trips,
// and one that only holds its place must not keep others out.
void Listener::shake(kj::Own<kj::AsyncIoStream> stream) {
  uint64_t number = counted.accepted++;
  while (shaking.size() >= limits.halfOpenMax) {
    auto oldest = kj::mv(shaking.begin()->second.canceler);
    shaking.erase(shaking.begin());
    counted.displaced++;
    oldest->cancel(KJ_EXCEPTION(OVERLOADED, "too many connections are in handshake"));
  }
  tuneSocket(*stream);
  auto canceler = kj::heap<kj::Canceler>();
  auto handshake = kj::evalNow([&] { return handshaker->accept(kj::mv(stream)); });
  auto wrapped = canceler->wrap(kj::mv(handshake));
  shaking.emplace(number, Shaking{kj::mv(canceler), timer.now()});
  connections.add(wrapped.then(
      [this, number](Secured&& peer) { admit(number, kj::mv(peer)); },
      [this, number](kj::Exception&& reason) { refuse(number, reason); }));
}

void Listener::admit(uint64_t number, Secured peer) {
  shaking.erase(number);
  freed();
  counted.admitted++;
  connections.add(kj::evalNow([&]() -> kj::Promise<void> {
    switch (peer.peer.door) {
      case Door::SESSION: return doors.session(kj::mv(peer));
      case Door::ENROLL: return doors.enroll(kj::mv(peer));
      case Door::RENEW: break;
    }
    KJ_IF_MAYBE(renew, doors.renew) return (*renew)(kj::mv(peer));
    return KJ_EXCEPTION(UNIMPLEMENTED, "nobody renews certificates here");
  }));
}

void Listener::refuse(uint64_t number, const kj::Exception& reason) {
  shaking.erase(number);
  freed();
  counted.refused++;
  refusal = kj::str(reason.getDescription());
}

void Listener::taskFailed(kj::Exception&& exception) {
  refusal = kj::str(exception.getDescription());
}

}  // namespace skerry
