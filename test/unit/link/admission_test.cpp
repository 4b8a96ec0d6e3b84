#include "shared/link/admission.h"
#include "shared/link/link_limits.h"
#include "test/unit/link/link_world.h"

namespace skerry {
namespace {

struct SetClock final : kj::MonotonicClock {
  kj::TimePoint time = kj::origin<kj::TimePoint>() + 1 * kj::HOURS;
  kj::TimePoint now() const override { return time; }
};

TEST_CASE("a bucket lets a burst pass, then its rate, and fills up again when left alone") {
  SetClock clock;
  TokenBucket bucket(clock, 10, 3);
  for (int i = 0; i < 3; i++) CHECK(bucket.take() == nullptr);
  auto wait = bucket.take();
  CHECK(KJ_ASSERT_NONNULL(wait) == 100 * kj::MILLISECONDS);
  clock.time += 100 * kj::MILLISECONDS;
  CHECK(bucket.take() == nullptr);
  CHECK(bucket.take() != nullptr);
  clock.time += 1 * kj::HOURS;
  for (int i = 0; i < 3; i++) CHECK(bucket.take() == nullptr);
  CHECK(bucket.take() != nullptr);
}

TEST_CASE("those refused are each given a time of their own, as far apart as the rate") {
  SetClock clock;
  Admission door(clock, 10, 1);
  CHECK(door.refuse() == nullptr);
  std::set<int64_t> times;
  for (int i = 0; i < 100; i++) {
    auto wait = door.refuse();
    times.insert(KJ_ASSERT_NONNULL(wait) / kj::MILLISECONDS);
  }
  CHECK(times.size() == 100);
  CHECK(*times.begin() == 100);
  CHECK(*times.rbegin() == 100 * 100);
}

TEST_CASE("ten thousand that come at once are all in within little more than the rate allows") {
  SetClock clock;
  Admission door(clock, HELLOS_PER_SECOND, HELLOS_AT_ONCE);
  std::multiset<int64_t> arrivals;  // milliseconds
  for (int i = 0; i < 10000; i++) arrivals.insert(0);
  int64_t nowMs = 0, asked = 0;
  auto start = clock.time;
  while (!arrivals.empty()) {
    nowMs = *arrivals.begin();
    arrivals.erase(arrivals.begin());
    clock.time = start + nowMs * kj::MILLISECONDS;
    asked++;
    auto wait = door.refuse();
    KJ_IF_MAYBE(w, wait) arrivals.insert(nowMs + 1 + *w / kj::MILLISECONDS);
  }
  CHECK(nowMs < 60'000);
  CHECK(asked < 25'000);
}

TEST_CASE("those who were served make room for the next at once") {
  SetClock clock;
  Admission door(clock, HELLOS_PER_SECOND, HELLOS_AT_ONCE);
  for (int i = 0; i < 10000; i++) {
    CHECK(door.refuse() == nullptr);
    door.served();
  }
  for (unsigned i = 0; i < HELLOS_AT_ONCE; i++) CHECK(door.refuse() == nullptr);
  CHECK(door.refuse() != nullptr);
}

TEST_CASE("nobody is sent away for longer than the cap") {
  SetClock clock;
  Admission door(clock, 1, 1);
  for (int i = 0; i < 10000; i++) {
    auto wait = door.refuse();
    KJ_IF_MAYBE(w, wait) REQUIRE(*w <= RETRY_AFTER_MAX);
  }
}

TEST_CASE("busy is understood after it came through RPC, and nothing else is") {
  auto said = busy(1500 * kj::MILLISECONDS);
  CHECK(said.getType() == kj::Exception::Type::OVERLOADED);
  CHECK(KJ_ASSERT_NONNULL(retryAfter(said)) == 1500 * kj::MILLISECONDS);
  kj::Exception remote(kj::Exception::Type::OVERLOADED, "x", 1,
                       kj::str("remote exception: ", said.getDescription()));
  CHECK(KJ_ASSERT_NONNULL(retryAfter(remote)) == 1500 * kj::MILLISECONDS);
  auto make = [](kj::Exception::Type type, const char* text) {
    return kj::Exception(type, "x", 1, kj::heapString(text));
  };
  CHECK(retryAfter(make(kj::Exception::Type::FAILED, "busy, retry after 5 ms")) == nullptr);
  CHECK(retryAfter(make(kj::Exception::Type::OVERLOADED, "disk full")) == nullptr);
  CHECK(retryAfter(make(kj::Exception::Type::OVERLOADED, "busy, retry after -5 ms")) == nullptr);
  CHECK(retryAfter(make(kj::Exception::Type::OVERLOADED, "busy, retry after x")) == nullptr);
  auto far = make(kj::Exception::Type::OVERLOADED, "busy, retry after 99999999999999999999 ms");
  CHECK(KJ_ASSERT_NONNULL(retryAfter(far)) == RETRY_AFTER_MAX);
}

}  // namespace
}  // namespace skerry
