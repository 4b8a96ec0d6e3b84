#include "tier_region/pending.h"
#include "shared/pki/host_id.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

struct Hands final : kj::MonotonicClock {
  kj::TimePoint now() const override { return time; }
  kj::TimePoint time = kj::origin<kj::TimePoint>();
};

struct List {
  Hands clock;
  Pending pending{clock};
  std::vector<std::string> gone;

  static Pending::Caller caller(int number, const std::string& address) {
    return {sha256(view(std::to_string(number))), address, "host", "1.0"};
  }
  static std::string id(int number) { return hostId(caller(number, "").device); }
  // A moment after the one before, so that the rate is no matter.
  bool calls(int number, const std::string& address, int64_t nowMs = 0) {
    clock.time += 1 * kj::SECONDS;
    return pending.called(caller(number, address), nowMs, gone);
  }
};

TEST_CASE("who calls is kept with its first call, what it last said, and no control characters") {
  List list;
  CHECK(list.calls(1, "10.0.0.1", 5));
  auto again = List::caller(1, "10.0.0.2");
  again.host = "ca\x1b[2Jsh" + std::string(500, 'x');
  CHECK(list.pending.called(again, 9, list.gone));
  auto held = list.pending.find(List::id(1));
  REQUIRE(held != nullptr);
  CHECK(held->sinceMs == 5);
  CHECK(held->lastMs == 9);
  CHECK(held->address == "10.0.0.2");
  CHECK(held->host.starts_with("ca?[2Jsh"));
  CHECK(held->host.size() == PENDING_TEXT_BYTES_MAX);
  CHECK(list.pending.size() == 1);
}

TEST_CASE("nobody fills the list: one address gets its part, and who keeps calling stays") {
  List list;
  CHECK(list.calls(0, "10.0.0.1"));
  for (int i = 1; i <= int(PENDING_OF_ADDRESS_MAX) + 10; i++) CHECK(list.calls(i, "6.6.6.6"));
  CHECK(list.pending.size() == 1 + PENDING_OF_ADDRESS_MAX);
  CHECK(list.pending.find(List::id(10)) == nullptr);
  CHECK(list.pending.find(List::id(11)) != nullptr);
  for (int i = 1000; i < 1000 + 2 * int(PENDING_MAX); i++) {
    CHECK(list.calls(i, "10.1.0." + std::to_string(i)));
    if (i % 100 == 0) CHECK(list.calls(0, "10.0.0.1"));
  }
  CHECK(list.pending.size() == PENDING_MAX);
  CHECK(list.pending.find(List::id(0)) != nullptr);
  CHECK(list.pending.find(List::id(1000)) == nullptr);
  CHECK(list.gone.size() == 10 + 2 * PENDING_MAX + 1 + PENDING_OF_ADDRESS_MAX - PENDING_MAX);
}

TEST_CASE("new callers are taken at a rate, and those who are known at once") {
  List list;
  for (int i = 0; i < int(PENDING_AT_ONCE); i++) {
    CHECK(list.pending.called(List::caller(i, std::to_string(i)), 0, list.gone));
  }
  CHECK_FALSE(list.pending.called(List::caller(999, "x"), 0, list.gone));
  CHECK(list.pending.called(List::caller(0, "0"), 0, list.gone));
  list.clock.time += 1 * kj::SECONDS;
  CHECK(list.pending.called(List::caller(999, "x"), 0, list.gone));
  CHECK_FALSE(list.pending.called(List::caller(998, "x"), 0, list.gone));
}

TEST_CASE("who does not call any more is forgotten") {
  List list;
  CHECK(list.calls(1, "a", 0));
  CHECK(list.calls(2, "a", 1000));
  CHECK(list.pending.forget(PENDING_FORGET_MS).empty());
  CHECK(list.pending.forget(PENDING_FORGET_MS + 1) == std::vector<std::string>{List::id(1)});
  CHECK(list.pending.size() == 1);
}

TEST_CASE("an identity is half of the hash of a key, in small hexadecimal digits") {
  auto id = hostId(sha256(view("a key")));
  CHECK(isHostId(id));
  CHECK(id.size() == 32);
  CHECK_FALSE(isHostId(id + "0"));
  CHECK_FALSE(isHostId(std::string(32, 'A')));
  CHECK_FALSE(isHostId(""));
}

}  // namespace
}  // namespace skerry
