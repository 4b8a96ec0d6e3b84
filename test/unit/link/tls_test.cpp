#include "test/unit/link/link_world.h"

namespace skerry {
namespace {

TEST_CASE("both ends know each other's key after a handshake") {
  for (bool elliptic : {false, true}) {
    LinkWorld w(elliptic);
    auto s = w.dial(w.child);
    CHECK(s.server.peer.key == w.child.hash());
    CHECK(s.client.peer.key == w.parent.hash());
    CHECK(s.server.peer.name == "site:oslo/host1");
    CHECK(s.client.peer.name == "region:north");
    CHECK_FALSE(s.server.peer.resumed);
  }
}

TEST_CASE("a megabyte in many pieces arrives whole, each way, and half-close is seen as such") {
  LinkWorld w;
  auto s = w.dial(w.child);
  auto data = pattern(1 << 20);
  kj::Vector<kj::ArrayPtr<const kj::byte>> pieces;
  for (size_t at = 0, n = 1; at < data.size(); at += n, n = n * 3 % 70001 + 1) {
    pieces.add(view(data).slice(at, kj::min(at + n, data.size())));
  }
  auto written = s.client.stream->write(pieces.asPtr()).then([&] {
    s.client.stream->shutdownWrite();
  });
  auto got = s.server.stream->readAllBytes();
  written.wait(w.wait);
  CHECK(copy(got.wait(w.wait)) == data);

  auto answered = s.server.stream->write(data.data(), data.size()).then([&] {
    s.server.stream->shutdownWrite();
  });
  auto answer = s.client.stream->readAllBytes();
  answered.wait(w.wait);
  CHECK(copy(answer.wait(w.wait)) == data);
}

TEST_CASE("a stream that is cut is not mistaken for one that ended") {
  LinkWorld w;
  auto s = w.dial(w.child);
  s.client.stream = nullptr;
  CHECK_HAS(errorOf(s.server.stream->readAllBytes(), w.wait), "cut short");
}

TEST_CASE("a child of another root is refused, and is told why") {
  LinkWorld w;
  Fleet other(2);
  auto stranger = other.identity("site:oslo/host1");
  stranger.root = share(*w.fleet.root);
  Party end(w.timer, kj::mv(stranger), keyHash(*w.fleet.root));
  auto outcome = w.refusal(end);
  CHECK_HAS(outcome.server.c_str(), "unable to get");
  CHECK_HAS(outcome.client.c_str(), "alert");
}

TEST_CASE("a parent whose root is valid but not pinned is refused") {
  LinkWorld w;
  w.child.policy.pinned.clear();
  CHECK_HAS(w.refusal(w.child).client.c_str(), "no issuer is one we know");
}

TEST_CASE("an expired leaf is refused, unless its key is registered") {
  LinkWorld w;
  Party old(w.timer, w.fleet.identity("site:old/h", NOW_MS - 40 * DAY_MS), keyHash(*w.fleet.root));
  auto outcome = w.refusal(old);
  CHECK_HAS(outcome.server.c_str(), "expired");
  CHECK_HAS(outcome.client.c_str(), TOLD_EXPIRED);
  w.parent.policy.registered.insert(old.hash());
  CHECK(w.dial(old).server.peer.name == "site:old/h");
}

TEST_CASE("dates are judged by the policy's clock") {
  LinkWorld w;
  w.parent.policy.aheadMs = 60 * DAY_MS;
  CHECK_HAS(w.refusal(w.child).server.c_str(), "expired");
  w.parent.policy.aheadMs = -60 * DAY_MS;
  CHECK_HAS(w.refusal(w.child).server.c_str(), "not yet valid");
}

TEST_CASE("a client without a certificate gets in at the ENROLL door only") {
  LinkWorld w;
  Party nobody(w.timer, w.fleet.nobody(), keyHash(*w.fleet.root));
  CHECK_HAS(w.refusal(nobody).server.c_str(), "peer did not return a certificate");
  JoinerPolicy policy(keyHash(*w.fleet.root));
  TlsContext::Options options{w.timer, policy};
  TlsContext joiner(kj::mv(options));
  auto raw = w.sockets();
  auto accepted = w.parent.tls->accept(kj::mv(raw.server));
  auto connected = joiner.connect(kj::mv(raw.client), Door::ENROLL);
  auto client = connected.wait(w.wait);
  auto server = accepted.wait(w.wait);
  CHECK_FALSE(server.peer.key.has_value());
  CHECK(server.peer.door == Door::ENROLL);
  CHECK(client.peer.key == w.parent.hash());
}

TEST_CASE("a joiner whose token names another root sends nothing") {
  LinkWorld w;
  JoinerPolicy policy(sha256(view("another root")));
  TlsContext::Options options{w.timer, policy};
  TlsContext joiner(kj::mv(options));
  auto raw = w.sockets();
  auto accepted = w.parent.tls->accept(kj::mv(raw.server)).ignoreResult();
  auto connected = joiner.connect(kj::mv(raw.client), Door::ENROLL);
  CHECK_HAS(errorOf(kj::mv(connected), w.wait), "root key that the token names");
  CHECK_HAS(errorOf(kj::mv(accepted), w.wait), "alert");
}

// Tickets arrive with the first data the dialler reads.
void exchangeByte(LinkWorld& w, LinkWorld::Streams& s) {
  kj::byte byte = 7;
  s.server.stream->write(&byte, 1).wait(w.wait);
  REQUIRE(s.client.stream->tryRead(&byte, 1, 1).wait(w.wait) == 1);
}

TEST_CASE("a ticket earned at one door does not open another") {
  LinkWorld w;
  Party nobody(w.timer, w.fleet.nobody(), keyHash(*w.fleet.root));
  auto enrolling = w.dial(nobody, Door::ENROLL);
  exchangeByte(w, enrolling);
  REQUIRE(w.jar->ticket != nullptr);
  CHECK_HAS(w.refusal(nobody, Door::SESSION).server.c_str(), "peer did not return a certificate");
}

TEST_CASE("the next connection resumes, even if the last one was cut") {
  LinkWorld w;
  {
    auto first = w.dial(w.child);
    exchangeByte(w, first);
  }
  REQUIRE(w.jar->ticket != nullptr);
  for (int i = 0; i < 3; i++) {
    auto again = w.dial(w.child);
    CHECK(again.server.peer.resumed);
    CHECK(again.client.peer.resumed);
    CHECK(again.server.peer.key == w.child.hash());
    exchangeByte(w, again);
  }
}

TEST_CASE("the next connection resumes after the dialler has read that the last one was cut") {
  LinkWorld w;
  {
    auto first = w.dial(w.child);
    exchangeByte(w, first);
    first.server.stream = nullptr;
    CHECK_HAS(errorOf(first.client.stream->readAllBytes(), w.wait), "cut short");
  }
  auto again = w.dial(w.child);
  CHECK(again.server.peer.resumed);
}

TEST_CASE("the next connection resumes after the listener has read that the last one was cut") {
  LinkWorld w;
  {
    auto first = w.dial(w.child);
    exchangeByte(w, first);
    first.client.stream = nullptr;
    CHECK_HAS(errorOf(first.server.stream->readAllBytes(), w.wait), "cut short");
  }
  auto again = w.dial(w.child);
  CHECK(again.server.peer.resumed);
}

TEST_CASE("a resumed connection is judged again: expiry, revocation of the key and of its issuer") {
  LinkWorld w;
  auto refused = [&](auto change) {
    // A ticket serves once.
    w.parent.policy.revoked.clear();
    w.parent.policy.aheadMs = 0;
    auto good = w.dial(w.child);
    exchangeByte(w, good);
    change();
    return w.refusal(w.child).server;
  };
  auto& policy = w.parent.policy;
  // TLS itself would let each of them in.
  CHECK_HAS(refused([&] { policy.aheadMs = 60 * DAY_MS; }).c_str(), "peer is not admitted");
  CHECK_HAS(refused([&] { policy.revoked = {w.child.hash()}; }).c_str(), "peer is not admitted");
  auto issuer = refused([&] { policy.revoked = {keyHash(*w.fleet.caKey)}; });
  CHECK_HAS(issuer.c_str(), "peer is not admitted");
  CHECK_HAS(issuer.c_str(), "issuer is revoked");
  // Without a ticket the chain is shown again, and judged whole.
  w.jar->ticket = nullptr;
  CHECK_HAS(w.refusal(w.child).server.c_str(), "TLS failed");
  policy.revoked = {keyHash(*w.fleet.rootKey)};
  CHECK_HAS(w.refusal(w.child).server.c_str(), "revoked");
}

TEST_CASE("a handshake nobody answers ends at its deadline") {
  LinkWorld w;
  Party hasty(w.timer, w.fleet.identity("site:a/b"), keyHash(*w.fleet.root), 50 * kj::MILLISECONDS);
  auto raw = w.sockets();
  auto connected = hasty.tls->connect(kj::mv(raw.client), Door::SESSION);
  CHECK_HAS(errorOf(kj::mv(connected), w.wait), "took too long");
  auto half = w.sockets();
  kj::byte hello[] = {22, 3, 1, 2};
  half.client->write(hello, sizeof(hello)).wait(w.wait);
  CHECK_HAS(errorOf(hasty.tls->accept(kj::mv(half.server)), w.wait), "took too long");
}

TEST_CASE("hostile: bytes that are no TLS at all") {
  LinkWorld w;
  auto raw = w.sockets();
  auto accepted = w.parent.tls->accept(kj::mv(raw.server));
  auto garbage = pattern(5000);
  raw.client->write(garbage.data(), garbage.size()).wait(w.wait);
  CHECK_HAS(errorOf(kj::mv(accepted), w.wait), "TLS failed");
}

TEST_CASE("hostile: a handshake damaged anywhere fails, and harms nothing else") {
  constexpr uint64_t SEED = 0x5eed;
  CAPTURE(SEED);
  SeededEntropy entropy(SEED);
  LinkWorld w;
  // What an honest dialler says first.
  auto raw = w.sockets();
  auto connected = w.child.tls->connect(kj::mv(raw.client), Door::SESSION).ignoreResult()
      .eagerlyEvaluate([](kj::Exception&&) {});
  Bytes hello(4096);
  hello.resize(raw.server->tryRead(hello.data(), 1, hello.size()).wait(w.wait));
  int refused = 0;
  for (int round = 0; round < 300; round++) {
    auto damaged = hello;
    for (uint64_t flips = entropy.between(1, 6); flips > 0; flips--) {
      damaged[entropy.between(0, damaged.size() - 1)] ^= 1 << entropy.between(0, 7);
    }
    auto pipe = kj::newTwoWayPipe();
    auto accepted = w.parent.tls->accept(kj::mv(pipe.ends[0])).ignoreResult()
        .catch_([&](kj::Exception&&) { refused++; }).eagerlyEvaluate(nullptr);
    auto written = pipe.ends[1]->write(damaged.data(), damaged.size())
        .eagerlyEvaluate([](kj::Exception&&) {});
    accepted.poll(w.wait);
    written = nullptr;
    pipe.ends[1] = nullptr;
    accepted.wait(w.wait);
  }
  CHECK(refused == 300);
  CHECK(w.dial(w.child).server.peer.name == "site:oslo/host1");
}

TEST_CASE("a dropped read loses nothing that a later read should get") {
  LinkWorld w;
  auto s = w.dial(w.child);
  auto data = pattern(100000);
  kj::byte ignored[1];
  for (size_t at = 0; at < data.size(); at += 1000) {
    // Waits for input, and is dropped at a different stage of its arrival each time.
    kj::Maybe<kj::Promise<size_t>> read = s.server.stream->tryRead(ignored, 1, 1);
    CHECK_FALSE(KJ_ASSERT_NONNULL(read).poll(w.wait));
    auto written = s.client.stream->write(data.data() + at, 1000);
    for (size_t turns = at / 1000 % 10; turns > 0; turns--) kj::evalLast([] {}).wait(w.wait);
    read = nullptr;
    written.wait(w.wait);
    kj::byte got[1000];
    REQUIRE(s.server.stream->tryRead(got, 1000, 1000).wait(w.wait) == 1000);
    REQUIRE(kj::arrayPtr(got, 1000) == view(data).slice(at, at + 1000));
  }
}

TEST_CASE("a dropped write leaves whole records behind") {
  LinkWorld w;
  auto s = w.dial(w.child);
  {
    auto data = pattern(32 << 20);  // far more than the sockets hold
    auto written = s.client.stream->write(data.data(), data.size());
    CHECK_FALSE(written.poll(w.wait));
  }  // both the promise and the caller's memory are gone
  s.client.stream->shutdownWrite();
  size_t total = 0, wrong = 0;
  auto space = kj::heapArray<kj::byte>(1 << 16);
  for (;;) {
    size_t n = s.server.stream->tryRead(space.begin(), 1, space.size()).wait(w.wait);
    if (n == 0) break;
    for (size_t i = 0; i < n; i++, total++) {
      wrong += space[i] != kj::byte(total * 31 + (total >> 8));
    }
  }
  CHECK(wrong == 0);
  CHECK(total > 0);
  CHECK(total < size_t(32 << 20));
}

TEST_CASE("a stream may be destroyed in the middle of everything, and outlives its context") {
  LinkWorld w;
  auto s = w.dial(w.child);
  auto data = pattern(8 << 20);
  kj::byte space[10];
  {
    auto read = s.client.stream->tryRead(space, 10, 10);
    auto written = s.client.stream->write(data.data(), data.size());
    CHECK_FALSE(written.poll(w.wait));
    CHECK_FALSE(read.poll(w.wait));
  }
  s.client.stream = nullptr;
  for (int turns = 0; turns < 12; turns++) {
    auto shaking = w.sockets();
    auto accepted = w.parent.tls->accept(kj::mv(shaking.server));
    auto connected = w.child.tls->connect(kj::mv(shaking.client), Door::SESSION);
    for (int i = 0; i < turns; i++) kj::evalLast([] {}).wait(w.wait);
  }
  auto raw = w.sockets();
  auto accepted = w.parent.tls->accept(kj::mv(raw.server));
  auto connected = w.child.tls->connect(kj::mv(raw.client), Door::SESSION);
  w.parent.tls = nullptr;
  w.child.tls = nullptr;
  auto client = connected.wait(w.wait);
  CHECK(accepted.wait(w.wait).peer.key == w.child.hash());
}

}  // namespace
}  // namespace skerry
