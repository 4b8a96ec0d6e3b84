// A child's journal, told piece by piece, and what a roll-up of a region says.
#include "shared/daemon/rollup.h"
#include "shared/journal/event_log.h"
#include "shared/journal/event_search.h"
#include "shared/journal/event_wire.h"
#include "test/fuzz/fuzz.h"

namespace skerry {
namespace {

void tell(EventLog& log, BytesView message) {
  auto piece = decodePiece(message);
  EventRows rows;
  auto before = log.next();
  bool isNew = log.take(piece, rows);
  mustHold(isNew == !rows.puts.empty(), "what is taken is written, and nothing else");
  mustHold(isNew || log.next() == before, "what is not taken moves nothing");
  EventRows again;
  mustHold(!log.take(piece, again), "a piece that is repeated changes nothing");
  mustHold(log.pieceCount() <= SITE_EVENTS_AT_REGION.pieces, "a journal is bounded in rows");
  EventSearch search(EventFilter(), 10, [](const std::string&, Event&) { return true; });
  search.add("oslo", piece);
  mustHold(search.take().size() <= 10, "an answer is bounded");
  HourCounts hour;
  for (auto& event : piece.events) hour.add(event, 1'700'000'000'000);
  hour.sum(1'700'000'000'000);
}

void run(BytesView input) {
  FuzzInput rest(input);
  EventLog log(SITE_EVENTS_AT_REGION);
  Rollup all;
  while (!rest.empty()) {
    auto message = rest.piece();
    mayRefuse([&] { tell(log, message); });
    all.merge(decodeRollup(message));
  }
}

std::vector<Bytes> seeds() {
  Event ended;
  ended.atMs = 1'700'000'000'000;
  ended.kind = "instance.ended";
  ended.severity = EventSeverity::WARNING;
  ended.tenant = "acme";
  ended.app = "pos";
  ended.service = "web";
  ended.ordinal = 0;
  ended.text = "exited with code 3";
  Rollup rollup;
  rollup.sites = 2;
  rollup.states["running"] = 3;
  rollup.lastHour["instance.ended"] = 1;
  Bytes stream;
  addPiece(stream, view(encodePiece({1, 1, 0, {ended, ended}})));
  addPiece(stream, view(encodePiece({1, 6, 3, {ended}})));
  addPiece(stream, view(encodePiece({2, 9, 8, {ended}})));
  Bytes other;
  addPiece(other, view(encodeRollup(rollup)));
  return {stream, other};
}

FUZZ_TARGET("events", run, seeds);

}  // namespace
}  // namespace skerry
