#include "shared/replica/read_back.h"
#include "test/unit/replica/session_world.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr uint64_t LIMIT_MS = 10'000;

// A parent whose backup knows one value, and a child that was given much more since.
struct Forgotten : SessionWorld {
  Orders backup{DocumentKind::SITE, "site/oslo"};

  Forgotten() {
    parent.edit({{"a", {"1", {}}}});
    backup = parent.document->orders();
    std::map<std::string, ParentEnd::Value> since{{"a", {"2", {}}}};
    for (int i = 0; i < 300; ++i) {
      since["key" + std::to_string(i)] = {std::string(4'000, char('a' + i % 26)), {}};
    }
    parent.edit(since);
    connect();
    world.runFor(1'000);
    REQUIRE(inStep());
  }
  kj::Own<Orders> read(const Orders& mine, const Signer& signer) {
    return world.run(readBack(child.client.castAs<schema::Downlink>(), mine, signer.publicKey()),
                     LIMIT_MS);
  }
};

TEST_CASE("a restored parent reads back all that its child holds, whatever its size") {
  Forgotten w;
  auto shown = w.read(w.backup, *w.parent.signer);
  CHECK(shown->version() == w.child.document->orders().version());
  CHECK(shown->root() == w.child.document->orders().root());
  CHECK(shown->entries().size() == 301);
}

TEST_CASE("what a child shows without the parent's own signature is not read back") {
  Forgotten w;
  auto other = signerOf(77);
  CHECK_THROWS(w.read(w.backup, *other));
}

TEST_CASE("a child that holds no more than its parent has nothing to show") {
  Forgotten w;
  CHECK_THROWS(w.read(w.parent.document->orders(), *w.parent.signer));
}

TEST_CASE("a restored parent fetches what the orders of its child refer to") {
  Forgotten w;
  auto hash = w.parent.addBlob(pattern(700'000));
  w.parent.edit({{"b", {"x", {hash}}}});
  w.world.runFor(100);
  w.child.server->fetch(hash);
  w.world.runFor(1'000);
  REQUIRE(w.child.blobs.has(hash));
  Blobs mine;
  w.world.run(readBlobs(w.child.client.castAs<schema::Downlink>(), {hash, sha256(view("none"))},
                        mine, w.parent.writer), LIMIT_MS);
  CHECK(mine.find(hash) == std::optional<Bytes>(pattern(700'000)));
}

}  // namespace
}  // namespace skerry
