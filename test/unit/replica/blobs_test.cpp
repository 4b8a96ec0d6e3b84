#include "shared/replica/blobs.h"
#include "test/support/hand_store.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

struct Shelf {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  HandStore store;
  Blobs blobs;

  bool put(std::string_view content) {
    Batch rows;
    bool taken = blobs.put(sha256(view(content)), copy(view(content)), rows);
    store.commit(kj::mv(rows)).wait(scope);
    return taken;
  }
  Blobs load() { return Blobs::load(store).wait(scope); }
};

TEST_CASE("a blob is found under its hash, also after a restart") {
  Shelf shelf;
  CHECK(shelf.put("one"));
  CHECK(shelf.put("two"));
  for (auto& blobs : {shelf.blobs, shelf.load()}) {
    CHECK(blobs.find(sha256(view("one"))) == copy(view("one")));
    CHECK(blobs.has(sha256(view("two"))));
    CHECK(!blobs.has(sha256(view("three"))));
    CHECK(!blobs.find(sha256(view("three"))));
    CHECK(blobs.size() == 6);
    CHECK(blobs.source()(sha256(view("one"))) == copy(view("one")));
  }
}

TEST_CASE("content of another hash, or larger than a blob may be, is not taken") {
  Shelf shelf;
  Batch rows;
  CHECK(!shelf.blobs.put(sha256(view("one")), copy(view("two")), rows));
  Bytes large(BLOB_BYTES_MAX + 1);
  CHECK(!shelf.blobs.put(sha256(view(large)), large, rows));
  CHECK(rows.empty());
  CHECK(shelf.blobs.size() == 0);
  large.pop_back();
  CHECK(shelf.blobs.put(sha256(view(large)), large, rows));
}

TEST_CASE("what is here already is not written again") {
  Shelf shelf;
  shelf.put("one");
  Batch rows;
  CHECK(shelf.blobs.put(sha256(view("one")), copy(view("one")), rows));
  CHECK(rows.empty());
  CHECK(shelf.blobs.size() == 3);
}

TEST_CASE("what nobody uses is swept from memory and store, the rest stays") {
  Shelf shelf;
  shelf.put("one");
  shelf.put("three");
  Batch rows;
  shelf.blobs.sweep([](const Hash& hash) { return hash == sha256(view("one")); }, rows);
  shelf.store.commit(kj::mv(rows)).wait(shelf.scope);
  for (auto& blobs : {shelf.blobs, shelf.load()}) {
    CHECK(blobs.has(sha256(view("one"))));
    CHECK(!blobs.has(sha256(view("three"))));
    CHECK(blobs.size() == 3);
  }
}

}  // namespace
}  // namespace skerry
