// `events`: in the order of time, with ages, who did not answer, and as they come.
#include "capnp/journal.capnp.h"
#include "test/unit/cli/fake_machine.h"
#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::test;

namespace {

// Two regions, which answer one after the other.
struct Happened : Site {
  Happened() {
    admin.onEvents = [this](FakeAdmin::EventsContext& context) -> kj::Promise<void> {
      auto query = context.getParams().getQuery();
      asked = kj::str(query.getSite(), '|', query.getRegion(), '|', query.getTenant(), '|',
                      query.getApp(), '|', query.getKind(), '|', query.getSelector(), '|',
                      query.getSinceMs(), '|', query.getTail(), '|', query.getFollow()).cStr();
      auto sink = context.getParams().getSink();
      auto first = write(sink, "oslo", 60'000, 20'000), second = write(sink, "rome", 40'000, 0);
      auto request = sink.missingRequest();
      request.initWho(1).set(0, "region south");
      auto third = request.send().ignoreResult();
      return kj::joinPromises(kj::arr(kj::mv(first), kj::mv(second), kj::mv(third)));
    };
  }
  static kj::Promise<void> write(schema::EventSink::Client sink, const char* site, int64_t agoMs,
                                 int64_t otherAgoMs) {
    auto request = sink.writeRequest();
    auto list = request.initEvents(otherAgoMs == 0 ? 1 : 2);
    for (uint i = 0; i < list.size(); ++i) {
      list[i].setAtMs(FakeMachine::NOW_MS - (i == 0 ? agoMs : otherAgoMs));
      list[i].setKind("instance.ended");
      list[i].setSeverity(schema::Event::Severity::WARNING);
      list[i].setRegion("north");
      list[i].setSite(site);
      list[i].setTenant("acme");
      list[i].setApp("pos");
      list[i].setService("web");
      list[i].setOrdinal(0);
      list[i].setText("exited\x1b with code 3");
    }
    return request.send();
  }
  std::string asked;
};

TEST_CASE("events are merged by their time, with their age, and who did not answer is named") {
  Happened fleet;
  auto ran = fleet.run({"events", "--site", "oslo", "--region", "north", "-t", "acme", "--app",
                        "pos", "--kind", "instance", "-l", "size = large", "--since", "5m"});
  CHECK(ran.code == 0);
  CHECK(fleet.asked == "oslo|north|acme|pos|instance|size = large|300000|0|false");
  auto first = ran.out.find("1m"), second = ran.out.find("40s"), third = ran.out.find("20s");
  REQUIRE(third != std::string::npos);
  CHECK(first < second);
  CHECK(second < third);
  CHECK(ran.out.find("north/oslo") != std::string::npos);
  CHECK(ran.out.find("acme/pos web.0") != std::string::npos);
  CHECK(ran.out.find("exited? with code 3") != std::string::npos);
  CHECK(ran.err.find("no answer from region south") != std::string::npos);
}

TEST_CASE("events in JSON are items and who is missing, and a bound leaves the newest of all") {
  Happened fleet;
  auto ran = fleet.run({"events", "--tail", "2", "-o", "json"});
  CHECK(ran.code == 0);
  CHECK(fleet.asked == "||||||0|2|false");
  CHECK(ran.out.find("\"missing\"") != std::string::npos);
  CHECK(ran.out.find("region south") != std::string::npos);
  auto rome = ran.out.find("rome"), oslo = ran.out.find("oslo");
  REQUIRE(rome != std::string::npos);
  CHECK(rome < oslo);
  CHECK(ran.out.find("oslo", oslo + 1) == std::string::npos);
  fleet.run({"events"});
  CHECK(fleet.asked == "||||||0|100|false");
}

TEST_CASE("events that are followed are lines as they come") {
  Happened fleet;
  auto ran = fleet.run({"events", "-f", "-o", "json"});
  CHECK(ran.code == 0);
  CHECK(fleet.asked == "||||||0|100|true");
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 3);
  CHECK(ran.out.starts_with("{"));
  ran = fleet.run({"events", "-w"});
  CHECK(ran.out.find("north/rome  instance.ended  acme/pos web.0") != std::string::npos);
}

TEST_CASE("times and label expressions that are none are refused before anybody is asked") {
  Happened fleet;
  CHECK(fleet.run({"events", "--since", "yesterday"}).code == 2);
  CHECK(fleet.run({"events", "-l", "size ="}).code == 2);
  CHECK(fleet.run({"events", "-f", "--until", "1h"}).code == 2);
  CHECK(fleet.asked.empty());
}

}  // namespace
