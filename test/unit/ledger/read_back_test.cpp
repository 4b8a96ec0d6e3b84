#include "shared/ledger/read_back.h"
#include "test/unit/ledger/restored_parent.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

constexpr uint64_t SEEDS = 1'500;  // under five seconds

Bytes entry(std::string_view value, uint64_t era, uint64_t seq, uint32_t authority = 0) {
  return entryOf({genOf(1), {authority, genOf(1), era, seq}, bytes(value), {}});
}

struct Case {
  RowChanges rows;
  Document parent{{"oslo", DocumentKind::SITE, DocumentEnd::PARENT, 0}, rows};
  Orders shown{DocumentKind::SITE, "oslo"};
  Readings source;
  void wrote(const std::string& key, const Bytes& value) {
    source[key] = value;
    parent.project({{key, value}}, 0, {1, 1, testSigner("region")});
  }
  void shows(const std::string& key, const Bytes& value) {
    OrdersEdit edit;
    edit.puts[key] = value;
    shown.edit(edit, 0, {1, 1, testSigner("region")});
  }
  ReadBackVerdict judge(const std::string& key) {
    auto all = judgeReadBack(shown, parent.table(), [&](const std::string& asked) {
      auto found = source.find(asked);
      return found == source.end() ? std::nullopt : found->second;
    });
    REQUIRE(all.contains(key));
    return all.at(key);
  }
};

}  // namespace

TEST_CASE("what the same authority said later below is newer there, whatever its content") {
  Case c;
  c.wrote("a", entry("one", 1, 5));
  c.shows("a", entry("two", 1, 6));
  CHECK(c.judge("a") == ReadBackVerdict::NEWER_THERE);
}

TEST_CASE("what both hold is agreed") {
  Case c;
  c.wrote("a", entry("one", 1, 5));
  c.shows("a", entry("one", 1, 5));
  CHECK(c.judge("a") == ReadBackVerdict::AGREED);
}

TEST_CASE("what was written before the backup and is gone below was deleted") {
  Case c;
  c.wrote("a", entry("one", 1, 5));
  CHECK(c.judge("a") == ReadBackVerdict::DELETED_THERE);
}

TEST_CASE("a deletion below does not undo what the parent decided in its new era") {
  Case c;
  c.wrote("a", entry("one", 1, 5));
  c.source["a"] = entry("three", 9, 6);
  CHECK(c.judge("a") == ReadBackVerdict::CONFLICT);
}

TEST_CASE("what nobody here ever wrote is unknown and stays") {
  Case c;
  c.shows("a", entry("new", 1, 7));
  CHECK(c.judge("a") == ReadBackVerdict::UNKNOWN_HERE);
}

TEST_CASE("what was written before and deleted in the new era is no conflict") {
  Case c;
  c.wrote("a", entry("one", 1, 5));
  c.source.erase("a");
  c.shows("a", entry("one", 1, 5));
  CHECK(c.judge("a") == ReadBackVerdict::OLDER_THERE);
}

TEST_CASE("of two later decisions the newer era wins, and it is told") {
  Case c;
  c.wrote("a", entry("one", 1, 5));
  c.source["a"] = entry("three", 9, 6);
  c.shows("a", entry("two", 1, 8));
  CHECK(c.judge("a") == ReadBackVerdict::CONFLICT);
}

TEST_CASE("decisions of two authorities do not compare, so the source wins") {
  Case c;
  c.wrote("a", entry("one", 1, 5));
  c.shows("a", entry("two", 1, 8, 7));
  CHECK(c.judge("a") == ReadBackVerdict::CONFLICT);
}

TEST_CASE("the era after a restore is above every era seen and at least the wall second") {
  CHECK(eraAfterRestore(5, 1'700'000'000) == 1'700'000'000);
  CHECK(eraAfterRestore(1'700'000'000, 1'700'000'000) == 1'700'000'001);
  CHECK(eraAfterRestore(5, -9) == 6);
}

TEST_CASE("an unread document takes no projection until its child was read") {
  Case c;
  c.wrote("a", entry("one", 1, 5));
  RowChanges rows;
  c.parent.forgetChild(rows);
  CHECK_FALSE(c.parent.project({{"a", std::nullopt}}, 0, {1, 9, testSigner("region")}).advanced);
  CHECK(c.parent.orders().bytesOf("a") != nullptr);
  c.parent.setRead(rows);
  CHECK(c.parent.project({{"a", std::nullopt}}, 0, {1, 9, testSigner("region")}).advanced);
}

TEST_CASE("a source that is behind writes nothing older over what the target holds") {
  Case c;
  c.wrote("a", entry("two", 1, 6));
  auto edited = c.parent.project({{"a", entry("one", 1, 5)}}, 0, {1, 1, testSigner("region")});
  CHECK_FALSE(edited.advanced);
  CHECK(*c.parent.orders().bytesOf("a") == entry("two", 1, 6));
  // Once it has caught up, its word counts again, for a deletion too.
  CHECK(c.parent.project({{"a", std::nullopt}}, 0, {1, 1, testSigner("region")}).advanced);
}

TEST_CASE("a restore from any backup at any moment undoes nothing that the child holds") {
  auto found = findUndone(1, SEEDS);
  if (found) FAIL("seed " << found->seed << ": " << found->violation);
}
