#include "shared/async/task.h"
#include "test/sim/sim_world.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/vector.h>

namespace skerry {
namespace {

constexpr uint64_t SEED = 7;
constexpr uint64_t LONG_MS = 60'000;

// Two hosts without anything on them, a listener at b:70.
struct Pair {
  SimWorld world {SEED};
  kj::Own<kj::Network> a = world.network().viewOf("a"), b = world.network().viewOf("b");
  kj::Own<kj::ConnectionReceiver> port = listen(*b, "b:70");

  kj::Own<kj::NetworkAddress> address(kj::Network& from, kj::StringPtr name) {
    return world.run(from.parseAddress(name), 0);
  }
  kj::Own<kj::ConnectionReceiver> listen(kj::Network& on, kj::StringPtr name) {
    return address(on, name)->listen();
  }
  kj::Own<kj::AsyncIoStream> dial(kj::Network& from, kj::StringPtr name) {
    return world.run(address(from, name)->connect(), LONG_MS);
  }
  kj::String failureToDial(kj::Network& from, kj::StringPtr name) {
    auto reason = kj::runCatchingExceptions([&]() { dial(from, name); });
    auto& failure = KJ_REQUIRE_NONNULL(reason, "dialling worked", name);
    CHECK(failure.getType() == kj::Exception::Type::DISCONNECTED);
    return kj::str(failure.getDescription());
  }
};

struct Connection : Pair {
  kj::Own<kj::AsyncIoStream> near = dial(*a, "b:70");
  kj::Own<kj::AsyncIoStream> far = world.run(port->accept(), 0);

  void send(kj::AsyncIoStream& from, kj::StringPtr text) {
    sending = from.write(text.begin(), text.size()).eagerlyEvaluate(nullptr);
    sending.poll(world.scope());
  }
  kj::Promise<kj::String> hear(kj::AsyncIoStream& at, size_t size) {
    auto buffer = kj::heapArray<char>(size);
    auto reading = at.tryRead(buffer.begin(), size, size);
    return reading.then([buffer = kj::mv(buffer)](size_t got) {
      return kj::heapString(buffer.begin(), got);
    });
  }
  bool isQuiet(kj::Promise<kj::String>& hearing, uint64_t forMs) {
    world.runFor(forMs);
    return !hearing.poll(world.scope());
  }
  kj::Promise<void> sending = nullptr;
};

bool mentions(kj::StringPtr text, const char* part) {
  return std::string(text.cStr()).find(part) != std::string::npos;
}

TEST_CASE("bytes arrive in both directions, in order, after a latency") {
  Connection c;
  auto before = c.world.nowMs();
  c.send(*c.near, "ping");
  CHECK(c.world.run(c.hear(*c.far, 4), LONG_MS) == "ping");
  auto tookMs = c.world.nowMs() - before;
  CHECK(tookMs >= SIM_LATENCY_MS_MIN);
  CHECK(tookMs <= SIM_LATENCY_MS_MAX);
  c.send(*c.far, "pong");
  CHECK(c.world.run(c.hear(*c.near, 4), LONG_MS) == "pong");
}

TEST_CASE("a long stream arrives whole") {
  Connection c;
  auto text = kj::heapString(1 << 20);
  for (size_t i = 0; i < text.size(); ++i) text.begin()[i] = 'a' + i * i % 23;
  c.send(*c.near, text);
  CHECK(c.world.run(c.hear(*c.far, text.size()), LONG_MS) == text);
}

TEST_CASE("dialling where nobody listens is refused") {
  Pair pair;
  CHECK(mentions(pair.failureToDial(*pair.a, "b:71"), "refused"));
  CHECK(mentions(pair.failureToDial(*pair.a, "nowhere:70"), "refused"));
  pair.port = nullptr;
  CHECK(mentions(pair.failureToDial(*pair.a, "b:70"), "refused"));
}

TEST_CASE("one endpoint has one listener, and a host listens at its own addresses") {
  Pair pair;
  CHECK_THROWS_AS(pair.listen(*pair.b, "b:70"), kj::Exception);
  CHECK_THROWS_AS(pair.listen(*pair.a, "b:72"), kj::Exception);
  pair.port = nullptr;
  pair.port = pair.listen(*pair.b, "b:70");
  pair.dial(*pair.a, "b:70");
}

TEST_CASE("wildcards, localhost and a port hint mean the host itself") {
  Pair pair;
  auto wildcard = pair.listen(*pair.b, "*:80"), six = pair.listen(*pair.b, "[::]:81");
  auto hinted = pair.world.run(pair.b->parseAddress("0.0.0.0", 82), 0)->listen();
  for (auto name : {"b:80", "b:81", "b:82"}) pair.dial(*pair.a, name);
  auto before = pair.world.nowMs();
  pair.dial(*pair.b, "localhost:80");
  CHECK(pair.world.nowMs() == before);
  CHECK(pair.address(*pair.b, "127.0.0.1:80")->toString() == "b:80");
}

TEST_CASE("port zero draws a free port") {
  Pair pair;
  auto first = pair.listen(*pair.b, "*:0"), second = pair.listen(*pair.b, "*:0");
  CHECK(first->getPort() > 0);
  CHECK(first->getPort() != second->getPort());
  pair.dial(*pair.a, kj::str("b:", first->getPort()));
}

TEST_CASE("a listener that nobody accepts from refuses beyond its backlog") {
  Pair pair;
  kj::Vector<kj::Own<kj::AsyncIoStream>> held;
  for (uint64_t i = 0; i < SIM_ACCEPT_BACKLOG_MAX; ++i) held.add(pair.dial(*pair.a, "b:70"));
  CHECK(mentions(pair.failureToDial(*pair.a, "b:70"), "refused"));
  pair.world.run(pair.port->accept(), 0);
  pair.dial(*pair.a, "b:70");
}

TEST_CASE("unix sockets live inside one host and name the peer") {
  Pair pair;
  auto socket = pair.listen(*pair.b, "unix:/run/x.sock");
  auto other = pair.listen(*pair.a, "unix:/run/x.sock");
  auto before = pair.world.nowMs();
  auto near = pair.dial(*pair.b, "unix:/run/x.sock");
  auto far = pair.world.run(socket->acceptAuthenticated(), 0);
  CHECK(pair.world.nowMs() == before);
  auto& peer = kj::downcast<kj::LocalPeerIdentity>(*far.peerIdentity);
  CHECK(KJ_REQUIRE_NONNULL(peer.getCredentials().uid) == 0);
  auto writing = near->write("x", 1);
  char byte;
  CHECK(pair.world.run(far.stream->tryRead(&byte, 1, 1), 0) == 1);
  other = nullptr;
  CHECK(mentions(pair.failureToDial(*pair.a, "unix:/run/x.sock"), "refused"));
}

TEST_CASE("an end of writing is heard while the other direction stays open") {
  Connection c;
  c.near->shutdownWrite();
  CHECK(c.world.run(c.hear(*c.far, 1), LONG_MS) == "");
  c.send(*c.far, "late");
  CHECK(c.world.run(c.hear(*c.near, 4), LONG_MS) == "late");
}

TEST_CASE("a dropped end is heard by the other, whose writes then fail") {
  Connection c;
  c.near = nullptr;
  CHECK(c.world.run(c.hear(*c.far, 1), LONG_MS) == "");
  auto failed = kj::runCatchingExceptions([&]() {
    for (int i = 0; i < 3; ++i) c.world.run(c.far->write("x", 1), LONG_MS);
  });
  CHECK(KJ_REQUIRE_NONNULL(failed).getType() == kj::Exception::Type::DISCONNECTED);
}

TEST_CASE("connections whose ends are gone leave nothing behind") {
  Connection c;
  CHECK(c.world.network().connectionCount() == 1);
  c.near = nullptr;
  c.far = nullptr;
  c.world.runFor(100);
  CHECK(c.world.network().connectionCount() == 0);
}

TEST_CASE("cut: both ends break and dialling fails, until healed") {
  Connection c;
  c.world.network().cut("a", "b");
  CHECK(c.world.run(c.hear(*c.near, 1), 0) == "");
  CHECK(c.world.run(c.hear(*c.far, 1), 0) == "");
  CHECK(mentions(c.failureToDial(*c.a, "b:70"), "no route"));
  c.world.network().heal("b", "a");
  c.dial(*c.a, "b:70");
}

TEST_CASE("cut concerns the two hosts only") {
  Connection c;
  auto third = c.world.network().viewOf("c");
  c.world.network().cut("a", "c");
  c.send(*c.near, "ping");
  CHECK(c.world.run(c.hear(*c.far, 4), LONG_MS) == "ping");
  c.dial(*third, "b:70");
}

TEST_CASE("clog: silence both ways, and what was sent arrives after healing") {
  Connection c;
  c.world.network().clog("a", "b");
  c.send(*c.near, "ping");
  auto there = c.hear(*c.far, 4), back = c.hear(*c.near, 4);
  auto answer = c.far->write("pong", 4);
  CHECK(c.isQuiet(there, 10'000));
  CHECK(c.isQuiet(back, 10'000));
  CHECK(mentions(c.failureToDial(*c.a, "b:70"), "timed out"));
  c.world.network().heal("a", "b");
  CHECK(c.world.run(kj::mv(there), 100) == "ping");
  CHECK(c.world.run(kj::mv(back), 100) == "pong");
}

TEST_CASE("one-way cut: one direction waits, the other arrives, and nobody can dial") {
  Connection c;
  c.world.network().cutOneWay("a", "b");
  c.send(*c.near, "ping");
  auto there = c.hear(*c.far, 4);
  auto answer = c.far->write("pong", 4);
  CHECK(c.world.run(c.hear(*c.near, 4), 100) == "pong");
  CHECK(c.isQuiet(there, 10'000));
  CHECK(mentions(c.failureToDial(*c.a, "b:70"), "timed out"));
  auto reverse = c.listen(*c.a, "a:70");
  CHECK(mentions(c.failureToDial(*c.b, "a:70"), "timed out"));
  c.world.network().healAll();
  CHECK(c.world.run(kj::mv(there), 100) == "ping");
  c.dial(*c.b, "a:70");
}

TEST_CASE("a silent host is heard of only when it comes back") {
  Connection c;
  c.world.network().goesSilent("a");
  auto hearing = c.hear(*c.far, 1);
  c.near = nullptr;  // what the dead host drops, nobody hears
  CHECK(c.isQuiet(hearing, 100'000));
  auto listener = c.listen(*c.a, "a:70");
  CHECK(mentions(c.failureToDial(*c.b, "a:70"), "timed out"));
  c.world.network().comesBack("a");
  CHECK(c.world.run(kj::mv(hearing), 0) == "");
  c.dial(*c.b, "a:70");
}

TEST_CASE("connections break without either end having done it") {
  Connection c;
  c.world.network().connectionsBreak("b");
  CHECK(c.world.run(c.hear(*c.near, 1), 0) == "");
  CHECK(c.world.run(c.hear(*c.far, 1), 0) == "");
  c.dial(*c.a, "b:70");
}

TEST_CASE("a connection that is never dialled to its end is cancelled without a trace") {
  Pair pair;
  {
    auto dialling = pair.address(*pair.a, "b:70")->connect();
    dialling.poll(pair.world.scope());
  }
  pair.world.runFor(1000);
  CHECK(pair.world.network().connectionCount() == 0);
}

TEST_CASE("a slow link delays, carries little at once, loses nothing, and is mended") {
  Connection c;
  c.world.network().slow("a", "b", {1'000, 0, 1'000});
  auto beganMs = c.world.nowMs();
  auto hearing = c.hear(*c.far, 500);
  c.send(*c.near, kj::str(kj::repeat('x', 500)));
  CHECK(c.world.run(kj::mv(hearing), LONG_MS).size() == 500);
  CHECK(c.world.nowMs() - beganMs == 1'500);
  // A packet that is lost is repeated: nothing is missing, but it takes round trips.
  c.world.network().slow("a", "b", {1'000, 60, 1'000'000});
  beganMs = c.world.nowMs();
  for (int i = 0; i < 10; ++i) {
    auto next = c.hear(*c.far, 5);
    c.send(*c.near, "hello");
    CHECK(c.world.run(kj::mv(next), 100 * LONG_MS) == "hello");
  }
  CHECK(c.world.nowMs() - beganMs > 10'000 + 2'000);
  c.world.network().heal("a", "b");
  beganMs = c.world.nowMs();
  auto last = c.hear(*c.far, 1);
  c.send(*c.near, "!");
  c.world.run(kj::mv(last), LONG_MS);
  CHECK(c.world.nowMs() - beganMs <= SIM_LATENCY_MS_MAX);
}

}  // namespace
}  // namespace skerry
