#include "shared/link/pulse_watch.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr uint64_t KIB = 1 << 10;

kj::TimePoint at(int64_t ms) { return kj::origin<kj::TimePoint>() + ms * kj::MILLISECONDS; }

struct Watched {
  LinkLimits limits;
  PulseWatch watch{limits};
  bool isLate(int64_t ms, uint64_t received, uint64_t unanswered = 0) {
    return kj::runCatchingExceptions([&] { watch.require(at(ms), received, unanswered); })
        != nullptr;
  }
};

TEST_CASE("a peer of an unknown link is silent for ten seconds at most") {
  Watched w;
  w.watch.asked(at(0), 100);
  CHECK_FALSE(w.isLate(9'999, 100));
  CHECK(w.isLate(10'000, 100));
}

TEST_CASE("on a link that was measured a peer may be silent for eight round trips more") {
  Watched w;
  w.watch.asked(at(0), 0);
  w.watch.answered(at(2'000));
  CHECK(w.watch.roundTrip() == 2 * kj::SECONDS);
  w.watch.asked(at(30'000), 0);
  CHECK_FALSE(w.isLate(55'000, 0));
  CHECK(w.isLate(56'000, 0));
  // One slow answer does not make the link slow.
  w.watch.answered(at(40'000));
  CHECK(w.watch.roundTrip() == 3 * kj::SECONDS);
}

TEST_CASE("an answer waits behind what is on its way, at the slowest rate") {
  Watched w;
  w.watch.asked(at(0), 0);
  CHECK_FALSE(w.isLate(10'000, 0, 20 * KIB));
  CHECK_FALSE(w.isLate(29'999, 0, 20 * KIB));
  CHECK(w.isLate(30'000, 0, 20 * KIB));
}

TEST_CASE("a peer that sends much is given the time that it takes, one that trickles is not") {
  Watched busy, trickling;
  busy.watch.asked(at(0), 0);
  trickling.watch.asked(at(0), 0);
  for (int64_t ms = 5'000; ms < 60'000; ms += 5'000) {
    CHECK_FALSE(busy.isLate(ms, ms * 4));
    CHECK_FALSE(trickling.isLate(ms, ms / 1'000));
  }
  CHECK_FALSE(busy.isLate(120'000, 480'000));
  CHECK(trickling.isLate(65'000, 65));
}

TEST_CASE("nobody is waited for longer than for all that may be queued") {
  Watched w;
  w.limits.queuedBytesMax = 100 * KIB;
  w.watch.asked(at(0), 0);
  CHECK_FALSE(w.isLate(150'000, 1'000 * KIB, 0));
  CHECK(w.isLate(160'000, 2'000 * KIB, 0));
}

}  // namespace
}  // namespace skerry
