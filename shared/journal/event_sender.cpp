#include "shared/journal/event_sender.h"
#include <kj/debug.h>

namespace skerry {

void EventSender::start(kj::Own<EventReceiver> to) {
  stop();
  receiver = kj::mv(to);
  telling = again().eagerlyEvaluate(nullptr);
}

void EventSender::stop() {
  telling = kj::READY_NOW;
  receiver = nullptr;
}

// Until the link is gone, or for an older tier above, which keeps no journals.
kj::Promise<void> EventSender::again() {
  kj::Promise<void> attempt = tell(*KJ_ASSERT_NONNULL(receiver));
  return attempt.catch_([](kj::Exception&& reason) -> kj::Promise<void> {
    bool isOver = reason.getType() == kj::Exception::Type::UNIMPLEMENTED;
    if (isOver) return kj::NEVER_DONE;
    return kj::READY_NOW;
  }).then([this] { return host.timer.afterDelay(STREAM_RETRY); }).then([this] { return again(); });
}

// `to` outlives the promise.
Task<void> EventSender::tell(EventReceiver& to) {
  while (!chronicle.isOpen()) {
    auto opened = chronicle.whenOwnMoves();
    co_await opened;
  }
  auto asking = to.mark(chronicle.ownEpoch(), chronicle.ownOldest(), chronicle.ownNext());
  auto answer = co_await asking;
  bool isBehind = answer.epoch > chronicle.ownEpoch() ||
                  (answer.epoch == chronicle.ownEpoch() && answer.mark >= chronicle.ownNext());
  if (isBehind) {
    auto beginning = chronicle.beginEpoch(answer.epoch + 1);
    co_await beginning;
  }
  uint64_t have = answer.epoch == chronicle.ownEpoch() ? answer.mark : 0;
  if (answer.waitMs > 0 && chronicle.ownNext() > have + 1) {
    auto waiting = host.timer.afterDelay(withJitter(answer.waitMs));
    co_await waiting;
  }
  auto sending = tellFrom(to, have);
  co_await sending;
}

// Ends where an answer does not lead on.
Task<void> EventSender::tellFrom(EventReceiver& to, uint64_t have) {
  while (true) {
    while (chronicle.isOpen() && chronicle.ownNext() <= have + 1) {
      auto more = chronicle.whenOwnMoves();
      co_await more;
    }
    auto reading = chronicle.readOwn(have + 1);
    auto piece = co_await reading;
    if (piece.events.empty()) co_return;
    auto last = piece.end() - 1;
    auto sending = to.send(piece);
    auto answer = co_await sending;
    if (answer.epoch != piece.epoch || answer.mark < last) co_return;
    have = answer.mark;
    if (answer.waitMs > 0 && chronicle.ownNext() > have + 1) {
      auto waiting = host.timer.afterDelay(withJitter(answer.waitMs));
      co_await waiting;
    }
  }
}

kj::Duration EventSender::withJitter(int64_t waitMs) {
  auto jitterMs = int64_t(host.entropy.next() % (uint64_t(waitMs) / STREAM_JITTER_DIVISOR + 1));
  return (waitMs + jitterMs) * kj::MILLISECONDS;
}

}  // namespace skerry
