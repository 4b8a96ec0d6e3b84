// One producer's journal and its stream, as values.
#include "shared/journal/backfill_pace.h"
#include "shared/journal/event_log.h"
#include "shared/journal/event_search.h"
#include "shared/journal/event_wire.h"
#include <doctest/doctest.h>
#include <map>
#include <random>

namespace skerry {
namespace {

using Disk = std::map<Bytes, Bytes>;

Event event(uint64_t n, size_t textBytes = 10) {
  Event made;
  made.atMs = int64_t(1'000 + n);
  made.kind = "test.happened";
  made.text = std::to_string(n) + std::string(textBytes, '.');
  return made;
}

void write(Disk& disk, const EventRows& rows) {
  for (auto& [key, value] : rows.puts) disk[key] = value;
  for (auto& key : rows.erases) disk.erase(key);
}

EventLog reopened(const Disk& disk, EventLogBounds bounds = {}) {
  EventLog log(bounds);
  for (auto& [key, value] : disk) log.load(decodePiece(view(value)));
  return log;
}

std::vector<Event> all(const Disk& disk) {
  std::vector<Event> events;
  for (auto& [key, value] : disk) {
    for (auto& one : decodePiece(view(value)).events) events.push_back(one);
  }
  return events;
}

EventPiece from(const EventLog& log, const Disk& disk, uint64_t seq) {
  auto key = log.keyOf(seq);
  return key ? log.cutFor(seq, decodePiece(view(disk.at(*key)))) : EventPiece();
}

TEST_CASE("a journal keeps its bounds in bytes and in rows, and its oldest events go first") {
  EventLogBounds bounds{4'000, 500, 6};
  EventLog log(bounds);
  log.begin(3);
  Disk disk;
  for (uint64_t n = 1; n <= 500; ++n) {
    EventRows rows;
    log.add({event(n, n % 90)}, 0, rows);
    write(disk, rows);
    REQUIRE(log.usedBytes() <= bounds.bytes);
    REQUIRE(disk.size() <= bounds.pieces);
    REQUIRE(disk.size() == log.pieceCount());
  }
  auto kept = all(disk);
  REQUIRE(!kept.empty());
  CHECK(kept.back() == event(500, 500 % 90));
  CHECK(kept.size() == log.next() - log.oldest());
  auto again = reopened(disk, bounds);
  CHECK(again.next() == 501);
  CHECK(again.oldest() == log.oldest());
  CHECK(again.epoch() == 3);
}

TEST_CASE("a burst is few rows, and one more event rewrites a small one") {
  EventLog log;
  log.begin(1);
  std::vector<Event> burst;
  for (uint64_t n = 1; n <= 200; ++n) burst.push_back(event(n));
  EventRows rows;
  log.add(burst, 0, rows);
  CHECK(rows.puts.size() <= 4);
  EventRows one;
  log.add({event(201)}, 0, one);
  CHECK(one.puts.size() == 1);
  CHECK(one.puts[0].second.size() <= EventLogBounds().pieceBytes);
}

TEST_CASE("what is repeated, late, of an epoch that is over, or leaves a hole changes nothing") {
  EventLog log;
  EventRows rows;
  EventPiece first{5, 1, 0, {event(1), event(2)}}, second{5, 3, 0, {event(3)}};
  REQUIRE(log.take(first, rows));
  CHECK(!log.take(first, rows));
  CHECK(!log.take({5, 4, 0, {event(4)}}, rows));
  CHECK(!log.take({4, 3, 0, {event(3)}}, rows));
  CHECK(!log.take({5, 3, 0, {}}, rows));
  CHECK(!log.take({5, 0, 0, {event(3)}}, rows));
  CHECK(!log.take({5, 3, 7, {event(3)}}, rows));
  CHECK(!log.take({5, UINT64_MAX, UINT64_MAX - 3, {event(3)}}, rows));
  REQUIRE(log.take(second, rows));
  CHECK(!log.take(first, rows));
  CHECK(log.next() == 4);
  // A piece that overlaps brings what is new of it.
  REQUIRE(log.take({5, 2, 0, {event(2), event(3), event(4)}}, rows));
  CHECK(log.next() == 5);
  // Another epoch begins at its own beginning, and only there.
  CHECK(!log.take({6, 5, 0, {event(9)}}, rows));
  CHECK(log.epoch() == 5);
  REQUIRE(log.take({6, 5, 4, {event(9)}}, rows));
  CHECK(log.epoch() == 6);
  CHECK(log.next() == 6);
}

// A producer and its parent, each with a disk, between which everything may go wrong.
struct Stream {
  explicit Stream(uint64_t seed) : chance(seed) { producer.begin(1); }

  void happen() {
    std::vector<Event> burst;
    for (uint64_t i = 0; i < 1 + chance() % 4; ++i) burst.push_back(event(++made, chance() % 60));
    EventRows rows;
    producer.add(burst, 0, rows);
    write(below, rows);
  }
  // As EventSender does; what it sends may be lost, repeated, and arrive much later.
  void send() {
    auto have = parent.epoch() == producer.epoch() ? parent.next() - 1 : 0;
    if (chance() % 3 == 0 && have > 0) have -= chance() % have;  // it has not heard the newest mark
    auto piece = from(producer, below, have + 1);
    if (piece.events.empty()) return;
    for (uint64_t copies = chance() % 3; copies > 0; --copies) wire.push_back(piece);
  }
  void deliver() {
    if (wire.empty()) return;
    auto which = chance() % wire.size();
    auto piece = wire[which];
    wire.erase(wire.begin() + ptrdiff_t(which));
    auto moved = parent;
    EventRows rows;
    auto known = piece.epoch == moved.epoch() ? moved.next() : 1;
    if (!moved.take(piece, rows)) {
      CHECK(rows.puts.empty());
      return;
    }
    if (chance() % 5 == 0) return;  // the disk took nothing, so nothing was answered either
    write(above, rows);
    parent = moved;
    for (auto& one : piece.events) {
      if (piece.first++ >= known) told.push_back(one);
    }
  }
  void restartParent() { parent = reopened(above, bounds); }
  void restartProducer() { producer = reopened(below, bounds); producer.begin(1); }

  std::mt19937_64 chance;
  EventLogBounds bounds{2'000, 400, 8};
  EventLog producer{bounds}, parent{bounds};
  Disk below, above;
  std::vector<EventPiece> wire;
  std::vector<Event> told;
  uint64_t made = 0;
};

TEST_CASE("every event is told once and in order, or said to be lost, whatever the link does") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Stream stream(seed);
    for (int step = 0; step < 300; ++step) {
      switch (stream.chance() % 8) {
        case 0: case 1: stream.happen(); break;
        case 2: case 3: stream.send(); break;
        case 4: case 5: case 6: stream.deliver(); break;
        default: stream.chance() % 2 ? stream.restartParent() : stream.restartProducer();
      }
    }
    // Healed: everything arrives.
    for (int step = 0; stream.parent.next() != stream.producer.next(); ++step) {
      REQUIRE(step < 5'000);
      stream.send();
      stream.deliver();
    }
    int64_t last = 0;
    for (auto& one : stream.told) {
      REQUIRE(one.atMs > last);
      last = one.atMs;
    }
    uint64_t lost = 0;
    for (auto& [key, value] : stream.above) lost += decodePiece(view(value)).lost;
    auto kept = all(stream.above).size();
    CHECK(kept + lost <= stream.made);
    CHECK(stream.parent.next() == stream.made + 1);
    CHECK(reopened(stream.above).next() == stream.parent.next());
  }
}

TEST_CASE("events come back from their bytes as they were, and too long ones are cut whole") {
  EventPiece piece{7, 12, 3, {event(1), event(2)}};
  piece.events[0].tenant = "acme";
  piece.events[0].ordinal = 2;
  piece.events[1].severity = EventSeverity::ERROR;
  CHECK(decodePiece(view(encodePiece(piece))) == piece);
  piece.events[0].text = std::string(EVENT_TEXT_BYTES_MAX - 1, 'x') + "\xc3\xa4";
  CHECK(decodePiece(view(encodePiece(piece))).events[0].text ==
        std::string(EVENT_TEXT_BYTES_MAX - 1, 'x'));
}

TEST_CASE("a search answers the newest, in order, equal ones once, and shows what is lost") {
  EventFilter filter;
  EventSearch search(filter, 3, [](const std::string& name, Event& one) {
    one.site = name;
    return name != "hidden";
  });
  search.add("oslo", {1, 5, 2, {event(5), event(9)}});
  search.add("rome", {1, 1, 0, {event(7)}});
  search.add("oslo", {1, 5, 0, {event(9)}});
  search.add("hidden", {1, 1, 0, {event(100)}});
  auto found = search.take();
  REQUIRE(found.size() == 3);
  CHECK(found[0].atMs == 1'005);
  CHECK(found[1].site == "rome");
  CHECK(found[2].atMs == 1'009);
  filter.kind = "events";
  EventSearch lost(filter, 10, [](const std::string&, Event&) { return true; });
  lost.add("oslo", {1, 5, 2, {event(5)}});
  auto shown = lost.take();
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].text == "2 events before this one were not kept");
}

TEST_CASE("a filter knows kinds by their first part, applications and times") {
  auto one = event(50);
  one.kind = "instance.ended";
  one.app = "pos";
  CHECK(EventFilter{}.admits(one));
  CHECK(EventFilter{"", "pos", "instance", 1'050, 1'050}.admits(one));
  CHECK(EventFilter{"", "", "instance.ended", 0, 0}.admits(one));
  CHECK(!EventFilter{"", "", "inst", 0, 0}.admits(one));
  CHECK(!EventFilter{"", "", "instance.end", 0, 0}.admits(one));
  CHECK(!EventFilter{"", "kiosk", "", 0, 0}.admits(one));
  CHECK(!EventFilter{"acme", "", "", 0, 0}.admits(one));
  CHECK(!EventFilter{"", "", "", 1'051, 0}.admits(one));
  CHECK(!EventFilter{"", "", "", 0, 1'049}.admits(one));
}

TEST_CASE("children that come back together share a rate, and one that is alone does not wait") {
  BackfillPace pace(1'000);
  CHECK(pace.admit(0, 5'000) == 0);
  CHECK(pace.admit(500, 5'000) == 500);
  CHECK(pace.admit(500, 5'000) == 1'000);
  CHECK(pace.admit(500, 5'000) == 1'500);
  CHECK(pace.admit(0, 6'500) == 0);
  CHECK(pace.admit(uint64_t(1) << 30, 6'500) == BACKFILL_WAIT_MS_MAX);
}

TEST_CASE("a child that tells without end is refused, one that tells all it has at once is not") {
  ChildPace honest;
  for (size_t told = 0; told < EventLogBounds().bytes; told += EventLogBounds().pieceBytes) {
    REQUIRE(honest.admits(EventLogBounds().pieceBytes, 0));
  }
  ChildPace endless;
  uint64_t calls = 0;
  constexpr int64_t MINUTES = 10;
  for (int64_t nowMs = 0; nowMs < MINUTES * 60'000; ++nowMs) calls += endless.admits(1, nowMs);
  CHECK(calls < (MINUTES + 2) * 60 * CHILD_BYTES_PER_SECOND / CHILD_CALL_BYTES);
  CHECK(calls > MINUTES * 60 * CHILD_BYTES_PER_SECOND / CHILD_CALL_BYTES / 2);
  CHECK(endless.admits(1, (MINUTES + 2) * 60'000));
}

}  // namespace
}  // namespace skerry
