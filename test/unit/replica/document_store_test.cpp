#include "shared/replica/document_store.h"
#include "test/support/authority.h"
#include "test/support/hand_store.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

struct Shelf {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  HandStore store;
  std::unique_ptr<Signer> signer = signerOf(5);

  void commit(const std::string& name, const RowChanges& changes) {
    Batch rows;
    addRows(rows, name, changes);
    store.commit(kj::mv(rows)).wait(scope);
  }
  kj::Own<Document> open(const DocumentIds& ids) {
    Batch first;
    auto document = openDocument(store, ids, first).wait(scope);
    store.commit(kj::mv(first)).wait(scope);
    return document;
  }
};

DocumentIds parentOf(const std::string& name) {
  return {name, DocumentKind::SITE, DocumentEnd::PARENT, 0};
}
DocumentIds childOf(const std::string& name) {
  return {name, DocumentKind::SITE, DocumentEnd::CHILD, 7};
}

Bytes entry(std::string_view value) {
  OrderEntry made;
  made.gen = Gen::from(view(lifeOf(1)));
  made.value = copy(view(value));
  return encodeOrderEntry(made);
}

TEST_CASE("a parent's document is loaded as it was saved, its projection table too") {
  Shelf shelf;
  auto ids = parentOf("site/oslo");
  auto document = shelf.open(ids);
  Readings readings{{"app/acme/pos", entry("one")}, {"home", entry("two")}};
  auto edited = document->project(readings, 1, {1, 1, *shelf.signer});
  shelf.commit(ids.name, edited.rows);
  readings = {{"home", std::nullopt}, {"site", entry("three")}};
  shelf.commit(ids.name, document->project(readings, 2, {1, 1, *shelf.signer}).rows);
  auto again = shelf.open(ids);
  CHECK(again->hello() == document->hello());
  CHECK(again->orders().version() == VersionId{1, 1, 2});
  CHECK(again->orders().root() == document->orders().root());
  CHECK(again->table().rows() == document->table().rows());
  CHECK(again->orders().find("site")->value == copy(view("three")));
  CHECK(!again->orders().find("home"));
}

TEST_CASE("a child's document is loaded as it was saved, and is new until it was filled") {
  Shelf shelf;
  auto ids = childOf("site/oslo");
  auto document = shelf.open(ids);
  CHECK(document->isNew());
  RowChanges rows;
  document->trust({shelf.signer->publicKey(), 3}, rows);
  shelf.commit(ids.name, rows);
  LocalDraft draft;
  draft.key = LocalKey::hold("acme/pos", Gen::from(view(lifeOf(1))));
  draft.kind = LocalKind::HOLD;
  draft.value = copy(sha256(view("revision")).view());
  draft.author = "local:0";
  auto written = document->write(draft, 1'000, 42);
  REQUIRE(written.done());
  shelf.commit(ids.name, written.rows);
  auto again = shelf.open(ids);
  CHECK(again->isNew());
  CHECK(again->hello() == document->hello());
  CHECK(again->orders().trusted() == document->orders().trusted());
  CHECK(again->local().entries().size() == 1);
}

TEST_CASE("documents of one store do not see each other, and erasing one leaves the others") {
  Shelf shelf;
  for (auto name : {"site/oslo", "site/bergen"}) {
    auto document = shelf.open(parentOf(name));
    auto edited = document->edit({{{"home", entry(name)}}, {}}, 1, {1, 1, *shelf.signer});
    shelf.commit(name, edited.rows);
  }
  Batch rows;
  eraseDocument(rows, "site/oslo");
  shelf.store.commit(kj::mv(rows)).wait(shelf.scope);
  CHECK(shelf.open(parentOf("site/oslo"))->orders().version().isNone());
  CHECK(shelf.open(parentOf("site/bergen"))->orders().find("home")->value ==
        copy(view("site/bergen")));
}

TEST_CASE("a document whose rows are not what was signed is not opened") {
  Shelf shelf;
  auto ids = parentOf("site/oslo");
  auto document = shelf.open(ids);
  shelf.commit(ids.name,
               document->edit({{{"home", entry("one")}}, {}}, 1, {1, 1, *shelf.signer}).rows);
  for (auto& [key, value] : shelf.store.rows) {
    if (std::get<1>(key) == Table::ORDERS) value = entry("two");
  }
  CHECK_THROWS_AS(shelf.open(ids), kj::Exception);
}

}  // namespace
}  // namespace skerry
