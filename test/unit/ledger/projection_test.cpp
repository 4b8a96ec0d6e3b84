#include "shared/ledger/document.h"
#include "test/unit/ledger/catalogue.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

Bytes entry(std::string_view value, uint64_t seq = 1) {
  return entryOf({genOf(1), {0, genOf(1), 1, seq}, bytes(value), {}});
}

struct Target {
  RowChanges rows;
  Document document{{"oslo", DocumentKind::SITE, DocumentEnd::PARENT, 0}, rows};
  Orders::Edited project(const Readings& readings) {
    return document.project(readings, 0, {1, 1, testSigner("region")});
  }
  void put(const std::string& key, const Bytes& value) {
    OrdersEdit edit;
    edit.puts[key] = value;
    document.edit(edit, 0, {1, 1, testSigner("region")});
  }
};

}  // namespace

TEST_CASE("a reading is written once, and again only when it differs from the table") {
  Target target;
  CHECK(target.project({{"a", entry("one")}}).advanced);
  CHECK_FALSE(target.project({{"a", entry("one")}}).advanced);
  CHECK(target.document.orders().version().n == 1);
  CHECK(target.project({{"a", entry("two")}}).advanced);
  CHECK(*target.document.orders().bytesOf("a") == entry("two"));
  CHECK(target.document.table().find("a")->version == VersionId{1, 1, 2});
}

TEST_CASE("a reading is copied with its origin and with fields that this version does not know") {
  Target target;
  OrderEntry made{genOf(1), {7, genOf(1), 3, 9}, bytes("x"), {}};
  Bytes future = entryOf(made, Writer::FUTURE);
  target.project({{"a", future}});
  CHECK(*target.document.orders().bytesOf("a") == future);
  CHECK(target.document.orders().find("a")->origin == made.origin);
}

TEST_CASE("only what the table lists is erased") {
  Target target;
  target.put("inherited", entry("from the former home"));
  target.project({{"own", entry("x")}});
  auto edited = target.project({{"own", std::nullopt}, {"inherited", std::nullopt}});
  CHECK(edited.keys == std::set<std::string>{"own"});
  CHECK(target.document.orders().bytesOf("inherited") != nullptr);
  CHECK(target.document.orders().bytesOf("own") == nullptr);
}

TEST_CASE("what is there already is taken over without another version") {
  Target target;
  target.put("a", entry("x"));
  auto edited = target.project({{"a", entry("x")}});
  CHECK_FALSE(edited.advanced);
  CHECK(target.document.table().find("a") != nullptr);
  CHECK(target.project({{"a", std::nullopt}}).keys == std::set<std::string>{"a"});
}

TEST_CASE("the table is persisted with the orders, and a projection goes on from it") {
  Target target;
  auto first = target.project({{"a", entry("x")}, {"b", entry("y")}});
  StoredRows stored;
  for (auto& row: first.rows) stored.push_back({row.part, row.key, *row.value});
  Document loaded({"oslo", DocumentKind::SITE, DocumentEnd::PARENT, 0}, stored);
  CHECK(loaded.table().rows() == target.document.table().rows());
  Authorship author{1, 1, testSigner("region")};
  CHECK_FALSE(loaded.project({{"a", entry("x")}}, 0, author).advanced);
  CHECK(loaded.project({{"b", std::nullopt}}, 0, author).advanced);
}

TEST_CASE("a projection beyond the limits is refused and leaves the table as it was") {
  Target target;
  Readings many;
  for (int i = 0; i < 5'001; i++) many["key " + std::to_string(i)] = entry("x");
  auto edited = target.project(many);
  CHECK_FALSE(edited.refused.empty());
  CHECK(target.document.table().rows().empty());
}
