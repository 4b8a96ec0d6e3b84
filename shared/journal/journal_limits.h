// The limits of journals and of what is said from them.
#pragma once
#include <kj/time.h>
#include <cstddef>
#include <cstdint>

namespace skerry {

constexpr size_t EVENT_TEXT_BYTES_MAX = 512;
constexpr size_t EVENT_NAME_BYTES_MAX = 128;
constexpr size_t EVENT_OVERHEAD_BYTES = 80;      // of one event, beside its texts

// Of one journal: the oldest pieces go first.
struct EventLogBounds {
  size_t bytes = 1 << 20;
  size_t pieceBytes = 8 << 10;  // one row; at most this is written anew for one more event
  size_t pieces = 512;
};
// Of each site at its region, so that a noisy one costs its own history only.
constexpr EventLogBounds SITE_EVENTS_AT_REGION{256 << 10, 8 << 10, 256};

constexpr auto EVENT_BURST = 1 * kj::SECONDS;    // what happens within it is one transaction
constexpr size_t EVENTS_UNWRITTEN_MAX = 1'000;   // in memory, while the disk takes nothing
constexpr auto JOURNAL_RETRY = 10 * kj::SECONDS;     // of what a disk refused
constexpr auto JOURNAL_RETRY_MAX = 5 * kj::MINUTES;  // doubled up to it

constexpr auto JOURNAL_END_MAX = 1 * kj::SECONDS;    // a daemon that stops waits for it

// Telling the tier above.
constexpr auto STREAM_RETRY = 60 * kj::SECONDS;      // after an answer that leads nowhere
constexpr uint32_t STREAM_JITTER_DIVISOR = 4;        // of a wait, added by chance
constexpr uint64_t BACKFILL_BYTES_PER_SECOND = 256 << 10;  // of all children of a parent
constexpr int64_t BACKFILL_WAIT_MS_MAX = 10 * 60 * 1'000;

// One child that tells without end is refused beyond this; a whole journal at once is below it.
constexpr uint64_t CHILD_BYTES_PER_SECOND = 64 << 10;
constexpr int64_t CHILD_AHEAD_MS_MAX = 60 * 1'000;
constexpr size_t CHILD_CALL_BYTES = 1 << 10;     // what a call counts beside its events

constexpr size_t EVENTS_PER_CALL = 100;          // to an asker
constexpr size_t EVENTS_FOLLOWED_MAX = 2'000;    // waiting for one asker who reads slowly

}  // namespace skerry
