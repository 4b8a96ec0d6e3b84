// Peers that hold a good certificate and behave badly: one attacker, and a bystander on the same
// parent, who must not notice.
#include "shared/link/frame_filter.h"
#include "test/unit/link/script_server.h"
#include <capnp/rpc.capnp.h>
#include <capnp/serialize.h>
#include <cstring>

namespace skerry {
namespace {

namespace rpc = capnp::rpc;
using Fill = kj::Function<void(rpc::Message::Builder)>;

Bytes frame(Fill fill) {
  capnp::MallocMessageBuilder builder;
  fill(builder.initRoot<rpc::Message>());
  auto words = capnp::messageToFlatArray(builder);
  return copy(words.asBytes());
}
void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

Bytes bootstrap(uint32_t id) {
  return frame([id](rpc::Message::Builder m) { m.initBootstrap().setQuestionId(id); });
}
// A call on what question 0 bootstrapped.
Bytes callOf(uint32_t id, uint16_t verb) {
  return frame([=](rpc::Message::Builder m) {
    auto call = m.initCall();
    call.setQuestionId(id);
    call.initTarget().initPromisedAnswer().setQuestionId(0);
    call.setInterfaceId(SCRIPT);
    call.setMethodId(verb);
  });
}

struct Siege {
  LinkWorld w;
  Linked bystander{w};
  LinkLimits limits;
  int held = 0;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> stuck;
  kj::Own<kj::AsyncIoStream> attacker;
  kj::Own<Session> victim;

  explicit Siege(LinkLimits limitsParam = {}) : limits(limitsParam) {
    limits.farewellMax = 20 * kj::MILLISECONDS;
    auto s = w.dial(w.child);
    attacker = kj::mv(s.client.stream);
    auto server = kj::heap<ScriptServer>("victim", held);
    server->stuck = &stuck;
    victim = kj::heap<Session>(kj::mv(s.server.stream), Side::PARENT, kj::mv(server), w.timer,
                               limits);
  }
  void send(BytesView bytes) {
    auto written = attacker->write(bytes.begin(), bytes.size());
    kj::runCatchingExceptions([&] { written.wait(w.wait); });
  }
  kj::Promise<void> sendAlong(const Bytes& bytes) {
    return attacker->write(bytes.data(), bytes.size()).eagerlyEvaluate([](kj::Exception&&) {});
  }
  kj::String fate() {
    auto reason = victim->onEnd().wait(w.wait);
    victim = nullptr;
    bystander.pingUp();
    return reason;
  }
};

void setType(rpc::Exception::Builder exception) {
  exception.setReason("boo");
  exception.setType(static_cast<rpc::Exception::Type>(5000));
}

TEST_CASE("hostile: four ff bytes as a frame") {
  Siege siege;
  siege.send(view(Bytes(8, 0xff)));
  CHECK_HAS(siege.fate(), "too many segments");
}

TEST_CASE("hostile: exception type 5000 in Return, Resolve and Abort") {
  Fill fills[] = {
    [](rpc::Message::Builder m) {
      m.initReturn().setAnswerId(0);
      setType(m.getReturn().initException());
    },
    [](rpc::Message::Builder m) { setType(m.initResolve().initException()); },
    [](rpc::Message::Builder m) { setType(m.initAbort()); },
  };
  for (auto& fill : fills) {
    Siege siege;
    siege.send(view(frame(kj::mv(fill))));
    CHECK_HAS(siege.fate(), "unknown exception type");
  }
}

TEST_CASE("hostile: a frame of 64 MiB is announced") {
  Siege siege;
  uint32_t header[] = {0, 8 << 20};
  siege.send(kj::arrayPtr(header, 2).asBytes());
  CHECK_HAS(siege.fate(), "too large a frame");
}

TEST_CASE("hostile: segments that are small alone and too large together") {
  Siege siege;
  uint32_t header[] = {3, 0x40000000, 0x40000000, 0x40000000, 0x40000000, 0};
  siege.send(kj::arrayPtr(header, 6).asBytes());
  CHECK_HAS(siege.fate(), "too large a frame");
}

TEST_CASE("hostile: 300,000 unfinished questions cost bounded memory and nobody else") {
  Siege siege;
  Bytes batch;
  auto& stats = siege.victim->frames();
  for (uint32_t id = 0; id < 300000; id++) append(batch, bootstrap(id));
  auto written = siege.sendAlong(batch);
  auto reason = siege.victim->onEnd().wait(siege.w.wait);
  CHECK_HAS(reason, "too many unfinished questions");
  CHECK(stats.rpc().openQuestions() <= siege.limits.questionsMax);
  CHECK(stats.heldBytes() <= 1 << 20);
  CHECK(stats.receivedBytes() < 1 << 20);
  siege.bystander.pingUp();
}

TEST_CASE("hostile: calls that wait for ever") {
  Siege siege;
  siege.send(view(bootstrap(0)));
  Bytes batch;
  for (uint32_t id = 1; id < 3000; id++) append(batch, callOf(id, HOLD));
  auto written = siege.sendAlong(batch);
  CHECK_HAS(siege.victim->onEnd().wait(siege.w.wait), "too many unfinished questions");
  siege.victim = nullptr;
  CHECK(siege.held == 0);
}

TEST_CASE("hostile: calls that are finished but never return still count") {
  Siege siege;
  siege.send(view(bootstrap(0)));
  Bytes batch;
  for (uint32_t id = 1; id < 3000; id++) {
    append(batch, callOf(id, STUCK));
    append(batch, frame([id](rpc::Message::Builder m) { m.initFinish().setQuestionId(id); }));
  }
  auto written = siege.sendAlong(batch);
  CHECK_HAS(siege.fate(), "too many unfinished questions");
  CHECK(siege.stuck.size() <= siege.limits.questionsMax);
  CHECK(siege.stuck.size() > 0);
}

TEST_CASE("hostile: capabilities are taken and never released") {
  LinkLimits limits;
  limits.exportsMax = 100;
  Siege siege(limits);
  siege.send(view(bootstrap(0)));
  for (uint32_t id = 1; id < 200; id++) {
    siege.send(view(callOf(id, OPEN)));
    siege.send(view(frame([id](rpc::Message::Builder m) {
      m.initFinish().setQuestionId(id);
      m.getFinish().setReleaseResultCaps(false);
    })));
  }
  CHECK_HAS(siege.fate(), "too many of our capabilities");
}

TEST_CASE("hostile: messages out of any order an honest peer could send") {
  struct Case { Fill fill; const char* fate; };
  Case cases[] = {
    {[](rpc::Message::Builder m) { m.initFinish().setQuestionId(9); }, "never asked"},
    {[](rpc::Message::Builder m) { m.initRelease().setReferenceCount(1); }, "does not hold"},
    {[](rpc::Message::Builder m) { m.initProvide(); }, "outside two-party"},
    {[](rpc::Message::Builder m) {
       m.initCall().getSendResultsTo().initThirdParty();
     }, "third party"},
    {[](rpc::Message::Builder m) { m.initDisembargo().getContext().setAccept(); },
     "three-party disembargo"},
    {[](rpc::Message::Builder m) {
       m.initCall().initParams().initCapTable(65);
     }, "too many capabilities at once"},
  };
  for (auto& one : cases) {
    Siege siege;
    siege.send(view(frame(kj::mv(one.fill))));
    CHECK_HAS(siege.fate(), one.fate);
  }
}

TEST_CASE("hostile: a frame that never ends") {
  LinkLimits limits;
  limits.frameTimeMax = 50 * kj::MILLISECONDS;
  Siege siege(limits);
  kj::byte first[] = {0, 0, 0};
  siege.send(first);
  CHECK_HAS(siege.fate(), "too long over one frame");
}

TEST_CASE("hostile: a frame that comes a byte at a time") {
  LinkLimits limits;
  limits.frameTimeMax = 50 * kj::MILLISECONDS;
  Siege siege(limits);
  auto slow = bootstrap(0);
  for (size_t at = 0; at < slow.size(); at++) {
    siege.send(view(slow).slice(at, at + 1));
    siege.w.timer.afterDelay(10 * kj::MILLISECONDS).wait(siege.w.wait);
  }
  CHECK_HAS(siege.fate(), "too long over one frame");
}

TEST_CASE("hostile: a peer that never reads nor sends") {
  LinkLimits limits;
  limits.pingEvery = 20 * kj::MILLISECONDS;
  limits.pingMax = 50 * kj::MILLISECONDS;
  limits.roundTripUnknown = 0 * kj::SECONDS;
  Siege siege(limits);
  CHECK_HAS(siege.fate(), "did not answer a ping");
}

TEST_CASE("hostile: a peer that goes on sending and answers no ping") {
  LinkLimits limits;
  limits.pingEvery = limits.pingMax = 20 * kj::MILLISECONDS;
  limits.roundTripUnknown = 0 * kj::SECONDS;
  limits.bytesPerSecondMin = 1 << 20;
  Siege siege(limits);
  bool over = false;
  auto reason = siege.victim->onEnd().then([&](kj::String why) {
    over = true;
    return why;
  }).eagerlyEvaluate(nullptr);
  for (uint32_t id = 0; !over && id < 500; id++) {
    siege.send(view(bootstrap(id)));
    siege.w.timer.afterDelay(5 * kj::MILLISECONDS).wait(siege.w.wait);
  }
  CHECK(over);
  CHECK_HAS(reason.wait(siege.w.wait), "did not answer a ping");
  CHECK(siege.victim->frames().receivedBytes() > 0);
}

TEST_CASE("hostile: pings without end, whose answers are never fetched") {
  Siege siege;
  auto pings = Bytes(1 << 20, 0);
  for (int i = 0; i < 16; i++) siege.send(view(pings));
  for (int i = 0; i < 1000 && siege.victim->frames().receivedBytes() < 16 << 20; i++) {
    siege.w.timer.afterDelay(10 * kj::MILLISECONDS).wait(siege.w.wait);
  }
  CHECK(siege.victim->frames().receivedBytes() == 16 << 20);
  CHECK(siege.victim->frames().bundledBytes() < 2 * BUNDLE_BYTES_MAX);
  siege.bystander.pingUp();
}

TEST_CASE("hostile: answers are asked for and never fetched") {
  LinkLimits limits;
  limits.queuedBytesMax = 1 << 20;
  Siege siege(limits);
  Bytes batch = bootstrap(0);
  for (uint32_t id = 1; id < 1000; id++) append(batch, callOf(id, LARGE));
  auto written = siege.sendAlong(batch);
  CHECK_HAS(siege.victim->onEnd().wait(siege.w.wait), "does not fetch its answers");
  // What it already had asked for when it was cut off is the most that could still be added.
  CHECK(siege.victim->queuedBytes() < siege.limits.queuedBytesMax + 16 * LARGE_BYTES);
  siege.bystander.pingUp();
}

TEST_CASE("hostile: a peer that goes on sending but does not read") {
  LinkLimits limits;
  limits.pingEvery = 20 * kj::MILLISECONDS;
  limits.pingMax = 400 * kj::MILLISECONDS;
  limits.pingPatience = 1000;
  limits.writeTimeMax = 300 * kj::MILLISECONDS;
  limits.queuedBytesMax = 64 << 20;
  Siege siege(limits);
  // Enough answers to fill both sockets, then small messages for as long as it takes.
  Bytes batch = bootstrap(0);
  for (uint32_t id = 1; id < 400; id++) append(batch, callOf(id, LARGE));
  siege.send(view(batch));
  bool over = false;
  auto reason = siege.victim->onEnd().then([&](kj::String why) {
    over = true;
    return why;
  }).eagerlyEvaluate(nullptr);
  for (uint32_t id = 1000; !over && id < 2000; id++) {
    siege.send(view(bootstrap(id)));
    siege.w.timer.afterDelay(5 * kj::MILLISECONDS).wait(siege.w.wait);
  }
  CHECK_HAS(reason.wait(siege.w.wait), "does not read what we send");
}

TEST_CASE("hostile: a session that sends more than its allowance") {
  LinkLimits limits;
  limits.sessionBytesMax = 4096;
  Siege siege(limits);
  for (uint32_t id = 0; id < 200; id++) siege.send(view(bootstrap(id)));
  CHECK_HAS(siege.fate(), "more than a session may");
}

TEST_CASE("hostile: random damage to honest frames") {
  constexpr uint64_t SEED = 0x9e3779b97f4a7c15;
  CAPTURE(SEED);
  SeededEntropy entropy(SEED);
  LinkWorld w;
  LinkLimits limits;
  limits.frameTimeMax = limits.farewellMax = 2 * kj::MILLISECONDS;
  int held = 0, ended = 0;
  for (int round = 0; round < 2000; round++) {
    auto pipe = kj::newTwoWayPipe();
    Session victim(kj::mv(pipe.ends[0]), Side::PARENT, kj::heap<ScriptServer>("victim", held),
                   w.timer, limits);
    auto ending = victim.onEnd().eagerlyEvaluate(nullptr);
    Bytes bytes = bootstrap(0);
    for (uint32_t id = 1; id < 4; id++) append(bytes, callOf(id, entropy.between(0, 4)));
    for (uint64_t flips = entropy.between(0, 7); flips > 0; flips--) {
      bytes[entropy.between(0, bytes.size() - 1)] ^= 1 << entropy.between(0, 7);
    }
    kj::byte sink[4096];
    auto written = pipe.ends[1]->write(bytes.data(), bytes.size())
        .eagerlyEvaluate([](kj::Exception&&) {});
    auto read = pipe.ends[1]->tryRead(sink, sizeof(sink), sizeof(sink)).ignoreResult()
        .eagerlyEvaluate([](kj::Exception&&) {});
    ending.poll(w.wait);
    w.timer.afterDelay(100 * kj::MICROSECONDS).wait(w.wait);
    if (ending.poll(w.wait)) ended++;
  }
  CHECK(held == 0);
  CHECK(ended < 2000);
}

}  // namespace
}  // namespace skerry
