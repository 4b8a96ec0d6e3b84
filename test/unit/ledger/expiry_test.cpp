#include "test/unit/ledger/fleet.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

constexpr uint64_t HOUR_MS = 3'600'000;

struct Machine {
  Replica replica{{"oslo", DocumentKind::SITE, DocumentEnd::CHILD, 10}};
  uint64_t random = 100;

  void write(const std::string& path, uint64_t durationMs, int64_t wallMs = 0) {
    LocalDraft draft;
    draft.key = {"pos", genOf(1), path, ""};
    draft.expires = {"boot", durationMs};
    replica.keep(replica.document->write(draft, wallMs, random++).rows);
  }
  size_t tick(const std::string& bootId, uint64_t bootMs) {
    auto ticked = replica.document->tick(bootId, bootMs);
    replica.keep(ticked.rows);
    return ticked.expired.size();
  }
};

}  // namespace

TEST_CASE("an entry expires after its duration on the boot clock, not before") {
  Machine host;
  host.tick("b1", 1'000);
  host.write("p", HOUR_MS);
  CHECK(host.tick("b1", 2'000) == 0);
  CHECK(host.tick("b1", 2'000 + HOUR_MS - 1) == 0);
  CHECK(host.tick("b1", 2'000 + HOUR_MS) == 1);
  CHECK(host.replica.document->local().entries().empty());
}

TEST_CASE("entries without a duration never expire, and no wall clock matters") {
  Machine host;
  host.write("p", 0, int64_t(1) << 50);
  host.write("q", HOUR_MS, -5);
  host.tick("b1", 0);
  CHECK(host.tick("b1", 100 * HOUR_MS) == 1);
  CHECK(host.replica.document->local().entries().size() == 1);
}

TEST_CASE("a frozen or backward boot clock ends nothing") {
  Machine host;
  host.write("p", HOUR_MS);
  host.tick("b1", 10 * HOUR_MS);
  CHECK(host.tick("b1", 10 * HOUR_MS) == 0);
  CHECK(host.tick("b1", 2 * HOUR_MS) == 0);
  CHECK(host.tick("b1", 10 * HOUR_MS) == 0);
  CHECK(host.tick("b1", 11 * HOUR_MS) == 1);
}

TEST_CASE("a host that is switched off every evening still gets to the end") {
  Machine host;
  host.tick("day 0", 1'000);
  host.write("p", 30 * HOUR_MS);
  host.tick("day 0", 2'000);
  int days = 0;
  for (size_t expired = 0; expired == 0; days++) {
    REQUIRE(days < 10);
    host.replica.restart();
    auto boot = "day " + std::to_string(days + 1);
    host.tick(boot, 5'000);
    for (int hour = 1; hour <= 8 && expired == 0; hour++) {
      expired = host.tick(boot, uint64_t(hour) * HOUR_MS);
    }
  }
  CHECK(days == 4);
}

TEST_CASE("restarts of the daemon within one boot count no time twice") {
  Machine host;
  host.tick("b1", 1'000);
  host.write("p", 2 * HOUR_MS);
  host.tick("b1", 2'000);
  for (int i = 0; i < 50; i++) {
    host.replica.restart();
    CHECK(host.tick("b1", HOUR_MS) == 0);
  }
  CHECK(host.tick("b1", 2 * HOUR_MS + 2'000) == 1);
}

TEST_CASE("what is left of an entry's time can be shown") {
  Machine host;
  host.tick("b1", 0);
  host.write("p", HOUR_MS);
  host.tick("b1", 1'000);
  host.tick("b1", 61'000);
  auto& document = *host.replica.document;
  auto dot = document.local().entries().begin()->first;
  CHECK(document.expiry().leftMs(document.local(), dot) == HOUR_MS - 60'000);
  CHECK_FALSE(document.expiry().leftMs(document.local(), Dot()).has_value());
}

TEST_CASE("the rows of expiry go with the entries") {
  Machine host;
  host.tick("b1", 0);
  auto before = host.replica.database.size();
  for (int i = 0; i < 100; i++) {
    host.write("p", HOUR_MS);
    host.tick("b1", uint64_t(i));
  }
  CHECK(host.replica.database.size() <= before + 5);
}
