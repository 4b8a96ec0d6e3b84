#include "shared/journal/event_log.h"
#include "shared/journal/event_wire.h"
#include <algorithm>

namespace skerry {
namespace {

void appendNumber(Bytes& to, uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) to.push_back(uint8_t(number >> shift));
}

}  // namespace

Bytes EventLog::keyOf(const Piece& piece) {
  Bytes key;
  appendNumber(key, piece.epoch);
  appendNumber(key, piece.first);
  return key;
}

void EventLog::load(EventPiece piece) {
  if (piece.events.empty()) return;
  itsEpoch = std::max(itsEpoch, piece.epoch);
  bytes += piece.bytes();
  pieces.push_back({piece.epoch, piece.first, piece.end(), piece.bytes()});
  tail = std::move(piece);
}

void EventLog::add(std::vector<Event> events, uint64_t lost, EventRows& rows) {
  if (events.empty()) return;
  append({itsEpoch, next() + lost, lost, std::move(events)}, rows);
}

bool EventLog::take(EventPiece piece, EventRows& rows) {
  bool isSound = !piece.events.empty() && piece.first > piece.lost &&
                 piece.end() > piece.first && piece.epoch >= itsEpoch;
  if (!isSound) return false;
  auto mark = piece.epoch == itsEpoch ? next() - 1 : 0;
  if (piece.first - piece.lost > mark + 1 || piece.end() - 1 <= mark) return false;
  auto known = mark >= piece.first ? mark + 1 - piece.first : 0;
  piece.events.erase(piece.events.begin(), piece.events.begin() + ptrdiff_t(known));
  piece.first += known;
  piece.lost = piece.first - 1 - mark;
  itsEpoch = piece.epoch;
  append(std::move(piece), rows);
  return true;
}

// Fills the newest piece, then begins others. One that is still small is written anew with what it
// gets, so that a quiet journal has few rows.
void EventLog::append(EventPiece piece, EventRows& rows) {
  size_t i = 0;
  while (i < piece.events.size()) {
    bool follows = !pieces.empty() && tail.epoch == piece.epoch && piece.lost == 0 &&
                   tail.end() == piece.first + i &&
                   pieces.back().bytes + piece.events[i].bytes() <= bounds.pieceBytes;
    if (!follows) {
      tail = {piece.epoch, piece.first + i, i == 0 ? piece.lost : 0, {}};
      pieces.push_back({tail.epoch, tail.first, tail.first, 0});
    }
    auto& last = pieces.back();
    bool isFirst = true;
    while (i < piece.events.size() &&
           (isFirst || last.bytes + piece.events[i].bytes() <= bounds.pieceBytes)) {
      auto size = piece.events[i].bytes();
      tail.events.push_back(std::move(piece.events[i++]));
      last.bytes += size;
      bytes += size;
      isFirst = false;
    }
    last.end = tail.end();
    rows.puts.push_back({keyOf(last), encodePiece(tail)});
    piece.lost = 0;
  }
  evict(rows);
}

// The newest piece stays whatever it takes: it holds the mark.
void EventLog::evict(EventRows& rows) {
  while (pieces.size() > 1 && (bytes > bounds.bytes || pieces.size() > bounds.pieces)) {
    auto key = keyOf(pieces.front());
    bytes -= pieces.front().bytes;
    pieces.pop_front();
    std::erase_if(rows.puts, [&](auto& put) { return put.first == key; });
    rows.erases.push_back(std::move(key));
  }
}

std::optional<Bytes> EventLog::keyOf(uint64_t from) const {
  for (auto& piece : pieces) {
    if (piece.end > from) return keyOf(piece);
  }
  return std::nullopt;
}

EventPiece EventLog::cutFor(uint64_t from, EventPiece piece) const {
  piece.epoch = itsEpoch;
  if (from <= piece.first) {
    piece.lost = piece.first - from;
    return piece;
  }
  auto known = std::min<uint64_t>(from - piece.first, piece.events.size());
  piece.events.erase(piece.events.begin(), piece.events.begin() + ptrdiff_t(known));
  piece.first += known;
  piece.lost = 0;
  return piece;
}

}  // namespace skerry
