#include "shared/ledger/document_link.h"
#include "test/unit/ledger/fleet.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

Authorship author(const char* who) { return {1, 1, testSigner(who)}; }

Bytes entry(std::string_view value) {
  return entryOf({genOf(1), {0, genOf(1), 1, 1}, bytes(value), {}});
}

struct Cost {
  uint64_t hashedBytes = 0;
  size_t rows = 0, sites = 0;
  bool operator==(const Cost&) const = default;
};

// A region with so many sites; one key of its document concerns one site. What does an edit of it
// cost, from central's signature to the site's document?
Cost costOfOneEdit(size_t sites) {
  RowChanges rows;
  Document above({"north", DocumentKind::REGION, DocumentEnd::PARENT, 0}, rows);
  std::vector<std::unique_ptr<Document>> below;
  OrdersEdit setup;
  setup.puts["app/pos"] = entry("r1");
  for (size_t i = 0; i < sites; i++) {
    setup.puts["site/" + std::to_string(i)] = entry("record");
    DocumentIds ids{"site " + std::to_string(i), DocumentKind::SITE, DocumentEnd::PARENT, 0};
    below.push_back(std::make_unique<Document>(ids, rows));
    below[i]->project({{"app/pos", entry("r1")}}, 0, author("region"));
  }
  above.edit(setup, 0, author("central"));
  // A bucket holds few entries however large the document is; here the key is alone in its own.
  auto& buckets = above.orders().buckets();
  REQUIRE(buckets.items(buckets.indexOf(sha256(view("app/pos")))).size() == 1);

  Cost cost;
  auto before = hashedBytes();
  OrdersEdit edit;
  edit.puts["app/pos"] = entry("r2");
  auto edited = above.edit(edit, 0, author("central"));
  cost.rows += edited.rows.size();
  for (auto& key: edited.keys) {
    auto projected = below[3]->project({{key, *above.orders().bytesOf(key)}}, 0, author("region"));
    cost.rows += projected.rows.size();
    cost.sites += projected.advanced ? 1 : 0;
  }
  cost.hashedBytes = hashedBytes() - before;
  return cost;
}

}  // namespace

TEST_CASE("an edit hashes and writes the same whether 10 or 1,000 sites are not concerned") {
  auto few = costOfOneEdit(10), many = costOfOneEdit(1'000);
  CHECK(few == many);
  CHECK(few.sites == 1);
  CHECK(few.rows == 2 + 3);  // entry and version; below also the row of the projection table
  // Two bucket lists, for prediction and signature; a little for what changed.
  CHECK(few.hashedBytes < 2 * (4'096 + 256) * 32);
}

TEST_CASE("200,000 writes over 2,000 keys leave a replica no larger than a fresh one") {
  Replica churned({"oslo", DocumentKind::SITE, DocumentEnd::CHILD, 10});
  SeededEntropy entropy(7);
  auto write = [](Replica& replica, uint64_t key, uint64_t random) {
    LocalDraft draft;
    draft.key = {"pos", genOf(1), "p" + std::to_string(key), ""};
    draft.value = bytes("value");
    draft.expires.durationMs = 1;
    auto result = replica.document->write(draft, 0, random);
    replica.keep(result.rows);
    return result.done();
  };
  for (uint64_t i = 0; i < 200'000; i++) {
    uint64_t key = i < 2'000 ? i : entropy.between(0, 1'999);
    REQUIRE(write(churned, key, 5));
    if (entropy.chance(5)) {
      churned.keep(churned.document->remove({"pos", genOf(1), "p" + std::to_string(key), ""}).rows);
      REQUIRE(write(churned, key, 5));
    }
  }
  Replica fresh({"oslo", DocumentKind::SITE, DocumentEnd::CHILD, 10});
  for (uint64_t i = 0; i < 2'000; i++) REQUIRE(write(fresh, i, 5));
  CHECK(churned.database.size() == fresh.database.size());
  auto used = churned.document->local().usage(), least = fresh.document->local().usage();
  CHECK(used.keys == least.keys);
  CHECK(used.bytes <= least.bytes + least.bytes / 20);
  CHECK(churned.document->local().context().size() == 1);
}

TEST_CASE("5,000 edits over 500 orders keys leave a replica as large as a fresh one") {
  Orders churned(DocumentKind::SITE, "oslo"), fresh(DocumentKind::SITE, "oslo");
  Database database;
  SeededEntropy entropy(8);
  auto edit = [](Orders& orders, uint64_t key) {
    OrdersEdit one;
    one.puts["key " + std::to_string(key)] = entry("value");
    return orders.edit(one, 0, author("region")).rows;
  };
  for (uint64_t i = 0; i < 5'000; i++) {
    uint64_t key = i < 500 ? i : entropy.between(0, 499);
    OrdersEdit erase;
    erase.erases = {"key " + std::to_string(key)};
    database.apply(churned.edit(erase, 0, author("region")).rows);
    database.apply(edit(churned, key));
  }
  for (uint64_t i = 0; i < 500; i++) edit(fresh, i);
  CHECK(churned.root() == fresh.root());
  CHECK(churned.usage().bytes == fresh.usage().bytes);
  CHECK(database.size() == 500 + 1);
}
