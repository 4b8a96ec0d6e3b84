#include "shared/link/frame_filter.h"
#include "test/unit/replica/session_world.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

TEST_CASE("small blobs travel with the orders that refer to them") {
  SessionWorld w;
  w.connect();
  auto hash = w.parent.addBlob(pattern(10'000));
  w.parent.edit({{"a", {"1", {hash}}}});
  w.world.runFor(10);
  CHECK(w.child.arrived == std::vector<Hash>{hash});
  CHECK(w.child.blobs.find(hash) == pattern(10'000));
}

TEST_CASE("what does not travel along is fetched, in pieces") {
  SessionWorld w;
  auto content = pattern(3 * schema::Uplink::BLOB_PIECE_BYTES + 17);
  auto hash = w.parent.addBlob(content);
  w.parent.edit({{"a", {"1", {hash}}}});
  w.connect();
  CHECK(!w.child.blobs.has(hash));
  w.child.server->fetch(hash);
  w.child.server->fetch(hash);
  w.world.runFor(100);
  CHECK(w.child.arrived == std::vector<Hash>{hash});
  CHECK(w.child.blobs.find(hash) == content);
}

TEST_CASE("a blob that the parent has not got yet is asked for until it has") {
  SessionWorld w;
  auto content = pattern(100);
  auto hash = sha256(view(content));
  w.parent.edit({{"a", {"1", {hash}}}});
  w.connect();
  w.child.server->fetch(hash);
  w.world.runFor(5'000);
  CHECK(!w.child.blobs.has(hash));
  w.parent.addBlob(content);
  w.world.runFor(2'000);
  CHECK(w.child.blobs.has(hash));
  auto received = w.parent.session->frames().receivedBytes();
  w.world.runFor(5'000);
  CHECK(w.parent.session->frames().receivedBytes() == received);
}

TEST_CASE("many blobs are fetched a few at a time, and one that is missing holds up no other") {
  SessionWorld w;
  std::vector<Hash> hashes{sha256(view("nowhere"))};
  for (uint8_t i = 0; i < 100; ++i) hashes.push_back(w.parent.addBlob(pattern(70'000, i)));
  w.parent.edit({{"a", {"1", hashes}}});
  w.connect();
  for (auto& hash : hashes) w.child.server->fetch(hash);
  w.world.runFor(2'000);
  CHECK(w.child.arrived.size() == 100);
}

TEST_CASE("nobody goes on asking for what the orders no longer refer to") {
  SessionWorld w;
  auto hash = sha256(view("nowhere"));
  w.parent.edit({{"a", {"1", {hash}}}});
  w.connect();
  w.child.server->fetch(sha256(view("never referred to")));
  w.child.server->fetch(hash);
  w.world.runFor(3'500);
  w.parent.edit({{"a", {"2", {}}}});
  w.world.runFor(2'000);
  auto received = w.parent.session->frames().receivedBytes();
  w.world.runFor(5'000);
  CHECK(w.parent.session->frames().receivedBytes() == received);
}

}  // namespace
}  // namespace skerry
