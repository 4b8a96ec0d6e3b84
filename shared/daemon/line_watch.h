// Who is asked for log lines, and does neither send any nor come to an end: the one who asks names
// it as missing instead of waiting for it. Each tier is patient with the one below for longer than
// that one is, so that what is named is as near to the trouble as it gets.
#pragma once
#include "capnp/logs.capnp.h"
#include <kj/refcount.h>
#include <kj/timer.h>

namespace skerry {

// Of silence; how long lines take that do come is another matter, and so is a slow reader's.
constexpr auto INSTANCE_SILENCE_MAX = 5 * kj::SECONDS;  // a site asks what runs there
constexpr auto SITE_SILENCE_MAX = 10 * kj::SECONDS;     // a region its sites
constexpr auto REGION_SILENCE_MAX = 20 * kj::SECONDS;   // central its regions

class LineWatch final : public kj::Refcounted {
public:
  // `timer` outlives everything made of this.
  LineWatch(kj::Timer& timer, schema::LineSink::Client asker, kj::Duration silenceMax)
      : timer(timer), asker(kj::mv(asker)), silenceMax(silenceMax), heardAt(timer.now()) {}

  // For whoever is asked.
  schema::LineSink::Client sink();
  // The answer; fails DISCONNECTED when nothing was heard for too long. Who follows waits for what
  // comes, and is not bounded.
  template <typename Answer>
  kj::Promise<Answer> bound(kj::Promise<Answer> answer) {
    return answer.exclusiveJoin(untilSilent().then([]() -> Answer { throwSilent(); }));
  }

private:
  class Sink;
  kj::Promise<void> untilSilent();
  [[noreturn]] static void throwSilent();

  kj::Timer& timer;
  schema::LineSink::Client asker;
  const kj::Duration silenceMax;
  kj::TimePoint heardAt;
  unsigned passing = 0;  // lines that the asker has not taken yet
};

}  // namespace skerry
