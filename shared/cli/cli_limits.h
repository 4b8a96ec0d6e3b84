// The client's own bounds and patience.
#pragma once
#include <kj/time.h>
#include <cstddef>
#include <cstdint>

namespace skerry {

// How long a verb waits for its answer, and how long one that waits for the fleet does.
constexpr int64_t ANSWER_MS = 30'000;
constexpr int64_t WAITING_MS = 600'000;
// Between two looks at what is waited for, at least: a fleet that changes all the time is not asked
// all the time.
constexpr int64_t LOOK_AGAIN_MS = 200;
// And at most: not every change that matters to a waiter is announced.
constexpr int64_t LOOK_AGAIN_MS_MAX = 2'000;
// The last look begins when the time is up, and says how far everything is: it gets this long.
constexpr int64_t LAST_LOOK_MS = 2'000;
// A refusal of an intent that a site has not taken over may be about the one before. It counts when
// it is still there after this long.
constexpr int64_t REFUSAL_SETTLES_MS = 10'000;

// The next certificate of a context: how long its connection may take, and when it is worth a word
// that there is none.
constexpr auto CONTEXT_RENEWAL_MAX = 15 * kj::SECONDS;
constexpr int64_t CONTEXT_ENDS_SOON_MS = 14 * 86'400'000LL;

constexpr size_t LINES_SORTED_MAX = 100'000;  // of logs; what comes later is not put among them
constexpr uint32_t EVENTS_USUAL = 100;  // shown where nothing was said about how many
constexpr size_t FILES_MAX = 10'000;  // of one command
constexpr size_t COLUMN_CHARACTERS_MAX = 60;  // of a table, the last column excepted

constexpr const char* DATA_FOLDER = "/var/lib/skerry";
constexpr const char* SOCKET_NAME = "admin.sock";
constexpr const char* SOCKET_VARIABLE = "SKERRY_SOCKET";

}  // namespace skerry
