// When an end of a session asks the other whether it is there, and how long an answer may take.
//
// What was said and not answered is followed by a ping soon, so that who waits learns in a minute
// that no answer will come; a link on which nothing is said is asked after minutes.
//
// A link may have a round trip of two seconds and carry four kilobytes in one; nothing is late
// there that a link of its kind may bring so late.
//
//   silent for so long  <=  pingMax + pingRoundTrips x round trip + what is ahead of the ping, at
//                           the slowest rate
//   in all              <=  pingPatience x pingMax + what came meanwhile and what is ahead of the
//                           ping, at the slowest rate
//
// Ahead of a ping is what we sent since the last one that was answered, as far as it may not have
// left yet: what the peer says meanwhile does not show that it got that.
//
// Pure: the times are handed in. The round trip is smoothed as TCP does (RFC 6298, 2.2-2.3).
#pragma once
#include "shared/link/link_limits.h"
#include <kj/debug.h>

namespace skerry {

class PulseWatch {
public:
  // `limits` outlives it. `lag`: how much later than the other end this one asks.
  PulseWatch(const LinkLimits& limits, kj::Duration lag) : limits(limits), lag(lag) {}

  // When to ask. `lastPing`: when the peer last asked or answered; `hasSpoken`: nothing shows that
  // it heard what we said. Once soon in any case: what the link takes is to be known.
  kj::TimePoint due(kj::TimePoint lastPing, bool hasSpoken) const {
    bool isSoon = hasSpoken || !measured;
    auto rest = isSoon ? kj::min(limits.pingSoon, limits.pingEvery) : limits.pingEvery;
    return lastPing + rest + lag;
  }

  // A ping leaves. Counted since the beginning: the bytes that were received and sent.
  void asked(kj::TimePoint now, uint64_t received, uint64_t sent) {
    askedAt = heardAt = now;
    receivedBefore = receivedLast = received;
    sentBefore = sent;
  }
  void answered(kj::TimePoint now) {
    auto took = now - askedAt;
    smoothed = measured ? (smoothed * 7 + took) / 8 : took;
    measured = true;
    sentProven = sentBefore;
  }
  // Zero until a ping was answered.
  kj::Duration roundTrip() const { return smoothed; }

  // Throws when the answer is too late.
  void require(kj::TimePoint now, uint64_t received) {
    if (received > receivedLast) heardAt = now;
    receivedLast = received;
    auto ahead = atSlowest(kj::min(sentBefore - sentProven, limits.aheadBytesMax));
    auto roundTrip = measured ? smoothed : limits.roundTripUnknown;
    auto silence = limits.pingMax + roundTrip * limits.pingRoundTrips + ahead;
    auto longest = limits.pingMax * limits.pingPatience + ahead +
                   atSlowest(received - receivedBefore);
    KJ_REQUIRE(now - heardAt < silence && now - askedAt < longest,
               "peer did not answer a ping in time");
  }

private:
  // Nobody has more on its way than it may have queued.
  kj::Duration atSlowest(uint64_t bytes) const {
    return kj::min(bytes, limits.queuedBytesMax) / limits.bytesPerSecondMin * kj::SECONDS;
  }

  const LinkLimits& limits;
  const kj::Duration lag;
  kj::TimePoint askedAt = kj::origin<kj::TimePoint>(), heardAt = askedAt;
  uint64_t receivedBefore = 0, receivedLast = 0, sentBefore = 0, sentProven = 0;
  kj::Duration smoothed = 0 * kj::SECONDS;
  bool measured = false;
};

}  // namespace skerry
