#include "shared/link/admission.h"
#include "shared/link/link_limits.h"
#include <kj/debug.h>
#include <cstdlib>
#include <cstring>

namespace skerry {

namespace {

constexpr char BUSY[] = "busy, retry after ";

}  // namespace

TokenBucket::TokenBucket(const kj::MonotonicClock& clock, unsigned perSecond, unsigned atOnce)
    : clock(clock), cost(1 * kj::SECONDS / kj::max(perSecond, 1u)),
      tolerance((kj::max(atOnce, 1u) - 1) * cost), full(clock.now()) {}

kj::Maybe<kj::Duration> TokenBucket::take() {
  auto now = clock.now();
  if (full < now) full = now;
  if (full - now > tolerance) return full - now - tolerance;
  full += cost;
  return nullptr;
}

kj::Maybe<kj::Duration> Admission::refuse() {
  auto now = clock.now();
  auto wait = bucket.take();
  KJ_IF_MAYBE(w, wait) {
    auto soonest = now + *w;
    promised = promised < soonest ? soonest : promised + bucket.interval();
    return kj::min(promised - now, kj::Duration(RETRY_AFTER_MAX));
  }
  return nullptr;
}

void Admission::require() {
  auto refused = refuse();
  KJ_IF_MAYBE(wait, refused) kj::throwFatalException(busy(*wait));
}

kj::Exception busy(kj::Duration retryAfter) {
  // Rounded up: a peer that comes back a moment early is refused again.
  auto ms = (retryAfter + 999 * kj::MICROSECONDS) / kj::MILLISECONDS;
  return kj::Exception(kj::Exception::Type::OVERLOADED, __FILE__, __LINE__,
                       kj::str(BUSY, ms, " ms"));
}

kj::Maybe<kj::Duration> retryAfter(const kj::Exception& exception) {
  if (exception.getType() != kj::Exception::Type::OVERLOADED) return nullptr;
  auto said = strstr(exception.getDescription().cStr(), BUSY);
  if (said == nullptr) return nullptr;
  const char* digits = said + strlen(BUSY);
  char* end;
  auto ms = strtoll(digits, &end, 10);
  if (end == digits || ms < 0) return nullptr;
  return kj::min(int64_t(ms), RETRY_AFTER_MAX / kj::MILLISECONDS) * kj::MILLISECONDS;
}

}  // namespace skerry
