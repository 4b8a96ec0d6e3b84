// How long an end of a session is given to answer. A link may have a round trip of two seconds and
// carry four kilobytes in one; nothing is late there that a link of its kind may bring so late.
//
//   silent for so long  <=  pingMax + pingRoundTrips x round trip + what it answers behind, at the
//                           slowest rate
//   in all              <=  pingPatience x pingMax + what came meanwhile, at the slowest rate
//
// Pure: the times are handed in. The round trip is smoothed as TCP does (RFC 6298, 2.2-2.3).
#pragma once
#include "shared/link/link_limits.h"
#include <kj/debug.h>

namespace skerry {

class PulseWatch {
public:
  // `limits` outlives it.
  explicit PulseWatch(const LinkLimits& limits) : limits(limits) {}

  // A ping leaves. Counted since the beginning: the bytes that were received, and those that the
  // peer may have to take before its answer.
  void asked(kj::TimePoint now, uint64_t received) {
    askedAt = heardAt = now;
    receivedBefore = receivedLast = received;
  }
  void answered(kj::TimePoint now) {
    auto took = now - askedAt;
    smoothed = measured ? (smoothed * 7 + took) / 8 : took;
    measured = true;
  }
  // Zero until a ping was answered.
  kj::Duration roundTrip() const { return smoothed; }

  // Throws when the answer is too late. `unanswered`: bytes on their way to the peer.
  void require(kj::TimePoint now, uint64_t received, uint64_t unanswered) {
    if (received > receivedLast) heardAt = now;
    receivedLast = received;
    auto silence = limits.pingMax + smoothed * limits.pingRoundTrips + atSlowest(unanswered);
    auto longest = limits.pingMax * limits.pingPatience + atSlowest(received - receivedBefore);
    KJ_REQUIRE(now - heardAt < silence && now - askedAt < longest,
               "peer did not answer a ping in time");
  }

private:
  // Nobody has more on its way than it may have queued.
  kj::Duration atSlowest(uint64_t bytes) const {
    return kj::min(bytes, limits.queuedBytesMax) / limits.bytesPerSecondMin * kj::SECONDS;
  }

  const LinkLimits& limits;
  kj::TimePoint askedAt = kj::origin<kj::TimePoint>(), heardAt = askedAt;
  uint64_t receivedBefore = 0, receivedLast = 0;
  kj::Duration smoothed = 0 * kj::SECONDS;
  bool measured = false;
};

}  // namespace skerry
