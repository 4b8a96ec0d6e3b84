// A daemon's journals in their database, and what they tell the tier above.
#include "shared/journal/chronicle.h"
#include "shared/journal/event_sender.h"
#include "test/sim/sim_host.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

Event event(const std::string& text, const std::string& kind = "test.happened") {
  Event made;
  made.kind = kind;
  made.text = text;
  return made;
}

struct JournalWorld {
  SimWorld world;
  SimHost machine{world, "oslo"};
  kj::Own<Chronicle> chronicle;
  uint64_t starts = 0;

  explicit JournalWorld(uint64_t seed = 4) : world(seed) {
    machine.powerOn();
    begin();
  }
  void begin(const char* version = "1.0") {
    chronicle = nullptr;
    chronicle = kj::heap<Chronicle>(machine.host(), EventLogBounds(), SITE_EVENTS_AT_REGION);
    chronicle->begin(++starts, version);
    world.runFor(5'000);
  }
  std::vector<std::string> texts(const std::string& kind = "test",
                                 std::vector<std::string> names = {OWN_JOURNAL}) {
    EventFilter filter;
    filter.kind = kind;
    auto found = world.run(chronicle->find(std::move(names), filter, 100,
                                           [](const std::string&, Event&) { return true; }),
                           10'000);
    std::vector<std::string> said;
    for (auto& one : found) said.push_back(one.text);
    return said;
  }
};

using Texts = std::vector<std::string>;

TEST_CASE("what happened is known at once, and after a crash") {
  JournalWorld site;
  site.chronicle->record(event("one"));
  site.chronicle->record(event("two"));
  CHECK(site.texts() == Texts{"one", "two"});
  site.world.runFor(3'000);
  auto next = site.chronicle->ownNext();
  CHECK(next == 4);  // with that it started
  site.begin();
  CHECK(site.texts() == Texts{"one", "two"});
  CHECK(site.chronicle->ownEpoch() == 1);
}

TEST_CASE("a start says what came before it") {
  JournalWorld site;
  site.world.run(site.chronicle->end(), 10'000);
  site.begin();
  site.begin("1.1");
  site.chronicle = nullptr;
  site.machine.powerOff();
  site.machine.powerOn();
  site.begin("1.1");
  CHECK(site.texts("controller") ==
        Texts{"for the first time", "after it was stopped",
              "after it crashed or was killed; version 1.1 instead of 1.0",
              "after the machine went down without a word, as in a power cut"});
}

TEST_CASE("an idle journal writes nothing") {
  JournalWorld site;
  site.world.runFor(10'000);
  auto before = site.machine.disk().counts().calls;
  site.world.runFor(24 * 3'600'000);
  CHECK(site.machine.disk().counts().calls == before);
}

TEST_CASE("while the disk is full events wait in memory, and those without room are counted") {
  JournalWorld site;
  site.machine.disk().fillAtWrite(0, 1'000'000);
  for (size_t n = 0; n < EVENTS_UNWRITTEN_MAX + 7; ++n) {
    site.chronicle->record(event(std::to_string(n)));
  }
  site.world.runFor(60'000);
  site.machine.disk().clearFaults();
  site.world.runFor(900'000);
  site.chronicle->record(event("after"));
  site.world.runFor(5'000);
  auto lost = site.texts("events");
  REQUIRE(lost.size() == 1);
  CHECK(lost[0] == "7 events before this one were not kept");
  CHECK(site.texts().back() == "after");
}

// The tier above, in its own database; answers get lost where the test says so.
struct Above final : EventReceiver {
  Chronicle& chronicle;
  bool losesAnswers = false;
  uint64_t calls = 0;
  int64_t waitMs = 0;
  explicit Above(Chronicle& chronicle) : chronicle(chronicle) {}
  kj::Promise<Answer> mark(uint64_t, uint64_t, uint64_t) override {
    ++calls;
    return chronicle.markOf("oslo").then([](Chronicle::Mark now) {
      return Answer{now.epoch, now.mark, 0};
    });
  }
  kj::Promise<Answer> send(const EventPiece& piece) override {
    ++calls;
    return chronicle.take("oslo", piece).then([this](bool) {
      return chronicle.markOf("oslo");
    }).then([this](Chronicle::Mark now) {
      if (losesAnswers) kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "lost"));
      return Answer{now.epoch, now.mark, waitMs};
    });
  }
};

struct Pair : JournalWorld {
  SimHost region{world, "north"};
  kj::Own<Chronicle> above;
  EventSender sender{machine.host(), *chronicle};
  Above* receiver = nullptr;

  explicit Pair(uint64_t seed = 6) : JournalWorld(seed) {
    region.powerOn();
    beginAbove();
  }
  void beginAbove() {
    sender.stop();
    above = nullptr;
    above = kj::heap<Chronicle>(region.host(), EventLogBounds(), SITE_EVENTS_AT_REGION);
    above->begin(1, "1.0");
    world.runFor(3'000);
    connect();
  }
  void connect() {
    auto made = kj::heap<Above>(*above);
    receiver = made.get();
    sender.start(kj::mv(made));
  }
  Texts toldTexts() {
    EventFilter filter;
    filter.kind = "test";
    auto found = world.run(above->find({"oslo"}, filter, 1'000,
                                       [](const std::string&, Event&) { return true; }), 10'000);
    Texts said;
    for (auto& one : found) said.push_back(one.text);
    return said;
  }
};

TEST_CASE("a journal is told upward once, in order, and goes on where it was after any restart") {
  Pair pair;
  Texts expected;
  for (int n = 0; n < 40; ++n) {
    expected.push_back(std::to_string(n));
    pair.chronicle->record(event(expected.back()));
    if (n % 7 == 3) pair.world.runFor(2'000);
    if (n % 10 == 5) pair.receiver->losesAnswers = true;
    if (n % 10 == 8) pair.beginAbove();
    if (n == 20) pair.connect();
  }
  pair.receiver->losesAnswers = false;
  pair.world.runFor(200'000);
  CHECK(pair.toldTexts() == expected);
  auto calls = pair.receiver->calls;
  pair.world.runFor(24 * 3'600'000);
  CHECK(pair.receiver->calls == calls);  // nothing happened, nothing is said
}

TEST_CASE("a tier above that lost its journals is told again, and so is one that knows more") {
  Pair pair;
  for (auto text : {"one", "two"}) pair.chronicle->record(event(text));
  pair.world.runFor(5'000);
  CHECK(pair.toldTexts() == Texts{"one", "two"});
  pair.above->forget("oslo");
  pair.connect();
  pair.world.runFor(5'000);
  CHECK(pair.toldTexts() == Texts{"one", "two"});
  // As after the site's database went back in time: the region knows a later stream.
  EventPiece later{9, 1, 0, {event("of a later one")}};
  CHECK(pair.world.run(pair.above->take("oslo", later), 5'000));
  pair.connect();
  pair.world.runFor(5'000);
  CHECK(pair.chronicle->ownEpoch() == 10);
  auto told = pair.toldTexts();
  CHECK(std::count(told.begin(), told.end(), "two") == 1);
  pair.chronicle->record(event("three"));
  pair.world.runFor(5'000);
  CHECK(pair.toldTexts().back() == "three");
}

TEST_CASE("who is told to wait waits before the next piece, and not before the first of a few") {
  Pair pair;
  pair.receiver->waitMs = 60'000;
  pair.sender.stop();
  for (int n = 0; n < 400; ++n) pair.chronicle->record(event(std::string(400, 'x')));
  pair.world.runFor(3'000);
  pair.connect();
  pair.receiver->waitMs = 60'000;
  pair.world.runFor(30'000);
  CHECK(pair.receiver->calls == 2);
  pair.world.runFor(24 * 3'600'000);
  CHECK(pair.world.run(pair.above->markOf("oslo"), 5'000).mark + 1 == pair.chronicle->ownNext());
}

}  // namespace
}  // namespace skerry
