// How many may come at once, and what the others are told.
//
// A parent that answers ten thousand hellos in the second after an outage answers none in time. So
// it admits as many as it can serve and tells each of the others its own time to come back; the
// dialler (dialer.h) honours that. How many that is the machine says itself: whoever has been
// served gives its place back, so the rate counts only those that wait.
#pragma once
#include <kj/exception.h>
#include <kj/timer.h>

namespace skerry {

// A token bucket, as one number (the generic cell rate algorithm).
class TokenBucket {
public:
  // `clock` outlives it. `atOnce` of a bucket that was left alone pass without a pause.
  TokenBucket(const kj::MonotonicClock& clock, unsigned perSecond, unsigned atOnce);
  // Null: taken. Else nothing is taken, and how long until one could be.
  kj::Maybe<kj::Duration> take();
  // One that was taken does not count: what it was for is over.
  void giveBack() { full -= cost; }
  kj::Duration interval() const { return cost; }

private:
  const kj::MonotonicClock& clock;
  kj::Duration cost, tolerance;
  kj::TimePoint full;  // when the bucket would be full again, were nothing more taken
};

class Admission {
public:
  Admission(const kj::MonotonicClock& clock, unsigned perSecond, unsigned atOnce)
      : clock(clock), bucket(clock, perSecond, atOnce), promised(clock.now()) {}
  // Null: come in. Else when to come back: later for each one refused, so that they do not all come
  // back together; at most RETRY_AFTER_MAX.
  kj::Maybe<kj::Duration> refuse();
  // The same as an exception: OVERLOADED, "busy, retry after 1500 ms".
  void require();
  // One that came in was served.
  void served() { bucket.giveBack(); }

private:
  const kj::MonotonicClock& clock;
  TokenBucket bucket;
  kj::TimePoint promised;  // the latest time given to anyone
};

kj::Exception busy(kj::Duration retryAfter);
// What busy() said, also when it came through RPC. Null for other exceptions.
kj::Maybe<kj::Duration> retryAfter(const kj::Exception& exception);

}  // namespace skerry
