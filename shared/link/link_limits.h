// Every bound that a hostile, broken or merely unlucky peer can run into, in one place.
#pragma once
#include <kj/common.h>
#include <kj/time.h>
#include <cstdint>

namespace skerry {

// Of one session: a value, so that a test or a bulk link may choose its own.
constexpr size_t SEGMENTS_CEILING = 16;      // sizes the filter's tables; segmentsMax may be lower
constexpr size_t FRAME_BUFFER_BYTES = 256;   // what a silent peer costs; larger frames cost a timer
constexpr size_t BUNDLED_FRAME_BYTES_MAX = 512;  // frames up to this size leave together
constexpr size_t BUNDLE_BYTES_MAX = 4 << 10;     // of them, before the next one waits
constexpr size_t WRITE_SLICE_BYTES = 16 << 10;   // of a large frame at once: progress is counted

struct LinkLimits {
  kj::uint segmentsMax = SEGMENTS_CEILING;
  size_t frameWordsMax = (1 << 20) / 8;
  // Of a link that is worth having; what is large may take as long as it takes at this rate.
  uint64_t bytesPerSecondMin = 1 << 10;
  kj::Duration frameTimeMax = 20 * kj::SECONDS;  // first to last byte, besides what its size takes
  uint64_t sessionBytesMax = kj::maxValue;       // received over the whole session
  size_t heldBytesMax = 16 << 20;                // received frames the RPC system still keeps
  kj::uint capsPerFrameMax = 64;
  kj::uint questionsMax = 1024;
  kj::uint exportsMax = 4096;
  int nestingMax = 32;

  size_t flowWords = (8 << 20) / 8;             // calls in flight before we stop reading
  size_t queuedBytesMax = 8 << 20;              // ours, that the peer does not fetch
  size_t memoryBytesMax = 64 << 20;             // all that is kept for the peer: see Session
  kj::Duration writeTimeMax = 20 * kj::SECONDS;  // that a message of ours waits, and nothing moves
  // Both ends know within five minutes that the other is gone, and a link on which nothing is said
  // costs next to nothing. The parent asks; the child only when the parent is late.
  kj::Duration pingEvery = 255 * kj::SECONDS;   // while nothing is said
  kj::Duration pingSoon = 30 * kj::SECONDS;     // after something was
  kj::Duration pingLag = 15 * kj::SECONDS;      // of the child
  kj::Duration pingMax = 10 * kj::SECONDS;      // of silence while a ping is out, and besides it
  unsigned pingRoundTrips = 8;                  // so many of the link's own
  kj::Duration roundTripUnknown = 2 * kj::SECONDS;  // of a link that was not measured
  unsigned pingPatience = 6;                    // times pingMax for a peer that only sends
  uint64_t aheadBytesMax = 128 << 10;           // in TLS and in the kernel, ahead of a ping
  kj::Duration farewellMax = 1 * kj::SECONDS;  // to tell a refused peer why
};

// TLS ------------------------------------------------------------------------------------------
constexpr auto HANDSHAKE_MAX = 20 * kj::SECONDS;  // three round trips of 2 s, and some packets lost
constexpr auto TICKET_LIFE = 2 * kj::HOURS;
constexpr size_t TICKETS_MAX = 24'000;  // that a listener honours, half a KiB each; the oldest go
constexpr size_t CERTIFICATES_BYTES_MAX = 16 << 10;   // a peer's, all together
constexpr size_t FILL_IDLE_BYTES = 256;               // what a silent connection keeps allocated
constexpr size_t FILL_BUSY_BYTES = 17 << 10;          // one full record and its framing
constexpr size_t FILL_GROWTH = 4;                     // times, when it was full
constexpr size_t FILL_SMALL_BYTES = 1 << 10;          // who sends less at a time is silent next
constexpr size_t RECORD_BYTES_MAX = 16 << 10;
constexpr size_t OUTGOING_BYTES_MAX = 64 << 10;       // encrypted ahead of the socket
constexpr size_t LINGER_BYTES_MAX = 64 << 10;         // read from a refused peer so it hears why
constexpr auto LINGER_MAX = 250 * kj::MILLISECONDS;

// Listening ------------------------------------------------------------------------------------
constexpr size_t HALF_OPEN_MAX = 1024;     // in handshake; beyond it the oldest gives way
constexpr auto HALF_OPEN_MIN = 5 * kj::SECONDS;  // but not before it had this long
// More wait in the kernel while so many are in the first second of theirs: begun all at once, none
// would be done in time.
constexpr size_t SHAKING_AT_ONCE = 256;
constexpr auto SHAKING_USUALLY = 1 * kj::SECONDS;
// Of those that came for nothing: who is let in does not count (Listener::wasLetIn()).
constexpr unsigned ACCEPTS_PER_SECOND = 400;
constexpr unsigned ACCEPTS_AT_ONCE = 400;
constexpr auto ACCEPT_BACKOFF_MIN = 50 * kj::MILLISECONDS;  // no descriptors, no memory
constexpr auto ACCEPT_BACKOFF_MAX = 2 * kj::SECONDS;

// Dialling -------------------------------------------------------------------------------------
constexpr auto DIAL_BACKOFF_BASE = 250 * kj::MILLISECONDS;
constexpr auto DIAL_BACKOFF_CAP = 5 * kj::MINUTES;
constexpr auto DIAL_CONNECT_MAX = 20 * kj::SECONDS;  // name look-up and TCP
constexpr auto SILENT_PEER_MAX = 60 * kj::SECONDS;   // TCP gives up unacknowledged data
constexpr int UNSENT_BYTES_MAX = 32 << 10;           // in the kernel: see aheadBytesMax

// Admission of hellos that are not answered yet; a peer beyond it is told when to come back.
constexpr unsigned HELLOS_PER_SECOND = 200;
constexpr unsigned HELLOS_AT_ONCE = 400;
// Of one child, so that none takes the others' places: a flapping link stays below.
constexpr unsigned CHILD_HELLOS_PER_SECOND = 1;
constexpr unsigned CHILD_HELLOS_AT_ONCE = 10;
constexpr auto RETRY_AFTER_MAX = 5 * kj::MINUTES;

// The ENROLL and RENEW doors: one question, one answer.
constexpr size_t ENROLL_FRAME_BYTES_MAX = 16 << 10;
constexpr auto ENROLL_TIME_MAX = 20 * kj::SECONDS;
constexpr auto QUESTION_TIME_MAX = DIAL_CONNECT_MAX + HANDSHAKE_MAX + ENROLL_TIME_MAX;

}  // namespace skerry
