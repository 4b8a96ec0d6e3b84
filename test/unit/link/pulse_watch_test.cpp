#include "shared/link/pulse_watch.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr uint64_t KIB = 1 << 10;

kj::TimePoint at(int64_t ms) { return kj::origin<kj::TimePoint>() + ms * kj::MILLISECONDS; }

struct Watched {
  LinkLimits limits;
  PulseWatch watch{limits, 0 * kj::SECONDS};
  bool isLate(int64_t ms, uint64_t received) {
    return kj::runCatchingExceptions([&] { watch.require(at(ms), received); }) != nullptr;
  }
};

TEST_CASE("what was said is followed by a ping soon, silence after minutes; the parent is first") {
  LinkLimits limits;
  PulseWatch parent(limits, 0 * kj::SECONDS), child(limits, limits.pingLag);
  CHECK(parent.due(at(0), false) == at(30'000));  // nothing is known of the link
  for (auto watch : {&parent, &child}) {
    watch->asked(at(0), 0, 0);
    watch->answered(at(0));
  }
  CHECK(parent.due(at(1'000), true) == at(31'000));
  CHECK(child.due(at(1'000), true) == at(46'000));
  CHECK(parent.due(at(0), false) == at(255'000));
  CHECK(child.due(at(0), false) == at(270'000));
}

TEST_CASE("each end knows within five minutes that the other is gone, on a link of 2 s too") {
  LinkLimits limits;
  for (auto lag : {0 * kj::SECONDS, limits.pingLag}) {
    PulseWatch watch(limits, lag);
    watch.asked(at(-10'000), 0, 0);
    watch.answered(at(-8'000));
    auto asks = watch.due(at(0), false);
    watch.asked(asks, 0, 0);
    CHECK(kj::runCatchingExceptions([&] { watch.require(at(300'000), 0); }) != nullptr);
  }
}

TEST_CASE("a peer of an unknown link is silent for as long as one of 2 s would be at most") {
  Watched w;
  w.watch.asked(at(0), 100, 0);
  CHECK_FALSE(w.isLate(25'999, 100));
  CHECK(w.isLate(26'000, 100));
}

TEST_CASE("on a link that was measured a peer may be silent for eight round trips more") {
  Watched w;
  w.watch.asked(at(0), 0, 0);
  w.watch.answered(at(2'000));
  CHECK(w.watch.roundTrip() == 2 * kj::SECONDS);
  w.watch.asked(at(30'000), 0, 0);
  CHECK_FALSE(w.isLate(55'000, 0));
  CHECK(w.isLate(56'000, 0));
  // One slow answer does not make the link slow.
  w.watch.answered(at(40'000));
  CHECK(w.watch.roundTrip() == 3 * kj::SECONDS);
}

// A link that was measured as very fast, so that only what is ahead counts.
struct Fast : Watched {
  Fast() {
    watch.asked(at(0), 0, 0);
    watch.answered(at(0));
  }
};

TEST_CASE("an answer waits behind what was sent since the last, at the slowest rate") {
  Fast w;
  w.watch.asked(at(0), 0, 20 * KIB);
  CHECK_FALSE(w.isLate(10'000, 0));
  CHECK_FALSE(w.isLate(29'999, 0));
  CHECK(w.isLate(30'000, 0));
  w.watch.answered(at(30'000));
  w.watch.asked(at(100'000), 0, 20 * KIB);
  CHECK(w.isLate(100'000 + 10'000 + 8 * 3'750, 0));
}

TEST_CASE("that the peer says something does not show that it got what is ahead of a ping") {
  Fast w;
  w.watch.asked(at(0), 0, 100 * KIB);
  CHECK_FALSE(w.isLate(5'000, 100));  // it told an event
  CHECK_FALSE(w.isLate(100'000, 100));
  CHECK(w.isLate(115'000, 100));
  // Nor that it answers, however much it says.
  Fast talking;
  talking.watch.asked(at(0), 0, 100 * KIB);
  for (int64_t ms = 5'000; ms < 160'000; ms += 5'000) CHECK_FALSE(talking.isLate(ms, ms / 100));
  CHECK(talking.isLate(162'000, 1'620));
}

TEST_CASE("a ping does not wait behind what has long left") {
  Fast w;
  w.watch.asked(at(0), 0, 1'000'000 * KIB);
  CHECK_FALSE(w.isLate(137'000, 0));
  CHECK(w.isLate(138'000, 0));
}

TEST_CASE("a peer that sends much is given the time that it takes, one that trickles is not") {
  Fast busy, trickling;
  busy.watch.asked(at(0), 0, 0);
  trickling.watch.asked(at(0), 0, 0);
  for (int64_t ms = 5'000; ms < 60'000; ms += 5'000) {
    CHECK_FALSE(busy.isLate(ms, ms * 4));
    CHECK_FALSE(trickling.isLate(ms, ms / 1'000));
  }
  CHECK_FALSE(busy.isLate(120'000, 480'000));
  CHECK(trickling.isLate(65'000, 65));
}

TEST_CASE("nobody is waited for longer than for all that may be queued") {
  Fast w;
  w.limits.queuedBytesMax = 100 * KIB;
  w.watch.asked(at(0), 0, 0);
  CHECK_FALSE(w.isLate(150'000, 1'000 * KIB));
  CHECK(w.isLate(160'000, 2'000 * KIB));
}

}  // namespace
}  // namespace skerry
