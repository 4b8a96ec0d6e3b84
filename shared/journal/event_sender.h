// Tells a daemon's own journal to the tier above, in order and as it asks for it.
//
//   asks where to go on ──► reads a piece ──► waits, if there is more than one ──► sends it ──► ...
//                 ▲                                                                │
//                 └────────────── an answer that leads nowhere, after a pause ◄────┘
//
// One piece is on its way at a time. With nothing new nothing is sent.
#pragma once
#include "shared/host/host.h"
#include "shared/journal/chronicle.h"
#include <kj/function.h>

namespace skerry {

// The tier above, as far as a journal goes: capnp/uplink.capnp says what it does.
class EventReceiver {
public:
  struct Answer {
    uint64_t epoch = 0, mark = 0;
    int64_t waitMs = 0;
  };
  virtual ~EventReceiver() noexcept(false) {}
  virtual kj::Promise<Answer> mark(uint64_t epoch, uint64_t oldest, uint64_t next) = 0;
  virtual kj::Promise<Answer> send(const EventPiece& piece) = 0;
};

class EventSender final {
public:
  // Both outlive it.
  EventSender(Host& host, Chronicle& chronicle) : host(host), chronicle(chronicle) {}
  KJ_DISALLOW_COPY(EventSender);

  // The link is up; what comes from an earlier one does not count any more.
  void start(kj::Own<EventReceiver> receiver);
  void stop();

private:
  Task<void> tell(EventReceiver& to);
  Task<void> tellFrom(EventReceiver& to, uint64_t have);
  kj::Promise<void> again();
  kj::Duration withJitter(int64_t waitMs);

  Host& host;
  Chronicle& chronicle;
  kj::Maybe<kj::Own<EventReceiver>> receiver;
  kj::Promise<void> telling = kj::READY_NOW;
};

}  // namespace skerry
