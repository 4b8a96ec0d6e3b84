// One producer's journal: numbered events in pieces of a few KiB, each a row, the oldest dropped
// where a bound is reached. Pure; the same for who makes the events and for who was told them.
//
//   add(), take() ──► rows to write and erase; who calls commits them, then keeps the moved log
//
// What the receiver knows, its mark, is the last number of the newest piece: no transaction can
// store the one without the other.
#pragma once
#include "shared/journal/event.h"
#include "shared/journal/journal_limits.h"
#include <deque>
#include <optional>

namespace skerry {

struct EventRows {
  std::vector<std::pair<Bytes, Bytes>> puts;  // keys sort as the pieces follow each other
  std::vector<Bytes> erases;
};

class EventLog {
public:
  explicit EventLog(EventLogBounds bounds = {}) : bounds(bounds) {}

  // A stored piece, in the order of the keys.
  void load(EventPiece piece);

  // The producer's: what follows, after `lost` that could not be kept.
  void add(std::vector<Event> events, uint64_t lost, EventRows& rows);
  // Begins a greater epoch: what is here is told again under it.
  void begin(uint64_t epoch) { itsEpoch = epoch; }

  // The receiver's: false, and nothing changes, for what is here already, for an epoch that is
  // over, and for what would leave a hole.
  bool take(EventPiece piece, EventRows& rows);

  uint64_t epoch() const { return itsEpoch; }
  uint64_t oldest() const { return pieces.empty() ? next() : pieces.front().first; }
  uint64_t next() const { return pieces.empty() ? 1 : pieces.back().end; }
  size_t usedBytes() const { return bytes; }
  size_t pieceCount() const { return pieces.size(); }

  // Where to find what follows: the row's key, of the piece that has `from` or comes after it.
  std::optional<Bytes> keyOf(uint64_t from) const;
  // Of that piece, as it is told to who has everything before `from`.
  EventPiece cutFor(uint64_t from, EventPiece piece) const;

private:
  struct Piece {
    uint64_t epoch, first, end;
    size_t bytes;
  };
  void append(EventPiece piece, EventRows& rows);
  void evict(EventRows& rows);
  static Bytes keyOf(const Piece& piece);

  EventLogBounds bounds;
  uint64_t itsEpoch = 0;
  size_t bytes = 0;
  std::deque<Piece> pieces;
  EventPiece tail;  // the newest piece, whole
};

}  // namespace skerry
