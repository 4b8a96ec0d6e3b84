// Every bound of the ledger. What exceeds one is refused with a text that names it and says what
// is left. Bytes of orders are keys plus entries; bytes of local are entries.
#pragma once
#include <cstddef>
#include <cstdint>

namespace skerry {

enum class DocumentKind : uint8_t { SITE, REGION };

struct DocumentLimits {
  size_t buckets;
  size_t ordersKeysMax, ordersBytesMax;
  size_t localEntriesMax, localBytesMax;
};

constexpr DocumentLimits limitsOf(DocumentKind kind) {
  return kind == DocumentKind::SITE
      ? DocumentLimits{256, 5'000, 8 << 20, 2'000, 1 << 20}
      : DocumentLimits{4'096, 200'000, 256 << 20, 100'000, 32 << 20};
}

// Writers stop at the limits of the local half. Hosts that were apart may each have written up to
// them, so a join accepts this many times as much: the greatest number of hosts of a site.
constexpr size_t LOCAL_JOIN_FACTOR = 16;

// Actors are never dropped from a context: forgetting one would let its removed entries come back.
constexpr size_t ACTORS_MAX = 1'024;

constexpr size_t ORDER_KEY_BYTES_MAX = 512;
constexpr size_t ORDER_ENTRY_BYTES_MAX = 72 << 10;   // a value of 64 KiB and its origin
constexpr size_t LOCAL_VALUE_BYTES_MAX = 16 << 10;
constexpr size_t LOCAL_ENTRY_BYTES_MAX = 40 << 10;   // an ended override holds two values
constexpr size_t LOCAL_NAME_BYTES_MAX = 512;         // object, path, scope, author, each
constexpr size_t LOCAL_REASON_BYTES_MAX = 2 << 10;

constexpr size_t PIECE_BYTES_MAX = 256 << 10;        // one message of either half
constexpr size_t TRAVELLING_BLOB_BYTES_MAX = 64 << 10;  // larger blobs are fetched, not sent along
constexpr size_t PIECES_PER_BURST = 8;               // of orders, before an answer is awaited
constexpr unsigned BURSTS_IN_VAIN_MAX = 3;           // in a row, that brought a version no nearer
constexpr size_t SNAPSHOT_PIECES_MAX = 8'192;
constexpr unsigned SNAPSHOT_ATTEMPTS_MAX = 3;        // in a row, made for a context not ours

// Changes kept in memory for deltas. Who is further behind gets a bucket list or a snapshot.
constexpr size_t ORDERS_CHANGES_MAX = 256;
constexpr size_t ORDERS_CHANGED_KEYS_MAX = 20'000;
constexpr size_t LOCAL_CHANGES_MAX = 4'096;

// Claims to know more of our own writes than we do, without showing one, believed per day.
constexpr unsigned UNPROVEN_CLAIMS_PER_DAY = 1;

constexpr uint64_t ENDED_SHOWN_MS = uint64_t(30) * 24 * 3'600 * 1'000;
constexpr uint64_t EXPIRY_SAVED_EVERY_MS = 60'000;   // progress lost by a power cut, at most

}  // namespace skerry
