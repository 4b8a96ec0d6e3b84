// A transport whose sessions repeat and reorder calls, as lost answers, retries and late deliveries
// do: each call, both ways, is delivered two or three times, some of them seconds later, when newer
// ones have overtaken it. The caller gets the first answer. It stands between two ends that know
// nothing of it, and works by the schema, so that it needs no word about a new method.
//
//   child <-RPC-> repeater <-RPC-> parent
//
// Questions at the doors for joining and renewing are kept as they were asked, since who asks may
// be gone when they come again: askAgain().
//
// Streams of a caller's own (LineSink) are not messages between tiers and pass as they are.
#pragma once
#include "shared/link/handshaker.h"
#include "test/sim/seeded_entropy.h"
#include <kj/refcount.h>
#include <map>
#include <string>
#include <vector>

namespace skerry {

constexpr uint64_t REPEAT_LATE_MS_MAX = 15'000;  // the last delivery of a call
constexpr uint64_t REPEAT_SOON_MS_MAX = 1'500;   // the first one of every second call

// What was asked at a door, word for word, and of whom.
struct AskedAtDoor : kj::Refcounted {
  Door door;
  Identity self;
  std::string parent;  // `central`, `region:north`
  std::vector<kj::byte> words;
};

// How often each was delivered beyond the first time, and answered: "Uplink.hello", "Door.renew".
struct Repeats {
  std::map<std::string, uint64_t> delivered;
  std::vector<kj::Own<AskedAtDoor>> asked;
  bool enabled = true;  // from the next session on
};

// Asks it all once more, the newest first, of `parent:443` as `host` sees it, by `transport`, which
// repeats nothing itself. All outlive the promise.
kj::Promise<void> askAgain(Host& host, const Transport& transport, const PeerPolicy& policy,
                           Repeats& repeats);

// `inner`, `repeats` and `timer` outlive it.
kj::Own<Transport> newRepeatingTransport(const Transport& inner, kj::Timer& timer,
                                         SeededEntropy entropy, Repeats& repeats);

}  // namespace skerry
