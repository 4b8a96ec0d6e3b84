#include "capnp/ledger.capnp.h"
#include "shared/link/frame_filter.h"
#include "test/unit/replica/session_world.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

std::string errorOf(SimWorld& world, kj::Promise<void> promise) {
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] { world.run(kj::mv(promise), 5'000); })) {
    return text(reason->getDescription());
  }
  return "none";
}

// A parent that answers hello when told to.
class HeldUplink final : public schema::Uplink::Server {
public:
  explicit HeldUplink(kj::Promise<void> when) : when(when.fork()) {}
  uint16_t protocol = 1;
  Bytes document;  // of the answer; empty: left out
  Bytes said;      // the child's
  int locals = 0;
  kj::Promise<void> hello(HelloContext context) override {
    said = copy(context.getParams().getChild().getDocument());
    return when.addBranch().then([this, context]() mutable {
      auto parent = context.getResults().initParent();
      parent.setProtocol(protocol);
      parent.setVersion("9.9.9");
      if (!document.empty()) parent.setDocument(view(document));
    });
  }
  kj::Promise<void> ping(PingContext) override { return kj::READY_NOW; }
  kj::Promise<void> local(LocalContext) override {
    ++locals;
    return kj::READY_NOW;
  }

private:
  kj::ForkedPromise<void> when;
};

TEST_CASE("orders of a parent that is not trusted are not taken, and both ends hear of it") {
  SessionWorld w;
  w.child.trusted.documentKey = signerOf(77)->publicKey();
  w.parent.edit({{"a", {"1", {}}}});
  w.connect();
  CHECK(w.child.document->orders().version().isNone());
  CHECK(w.child.changes.empty());
  CHECK(!w.parent.alarms.empty());
}

// AddressSanitizer would find what is left.
TEST_CASE("a child that hands its parent over to itself leaves nothing behind") {
  SessionWorld w;
  auto pipe = kj::newTwoWayPipe();
  w.offer(kj::mv(pipe.ends[0]));
  auto uplink = w.dial(kj::mv(pipe.ends[1]));
  auto hello = uplink.helloRequest();
  auto child = hello.initChild();
  child.setProtocol(1);
  child.setDownlink(uplink.castAs<schema::Downlink>());
  CHECK(errorOf(w.world, hello.send().ignoreResult()) == "none");
  CHECK(w.parent.greetings == 1);
  w.parent.edit({{"a", {"1", {}}}});
  w.world.runFor(10);
  w.disconnect();
}

// A piece of a snapshot that will never be whole.
Bytes pieceOf(uint32_t index) {
  capnp::MallocMessageBuilder message;
  auto piece = message.initRoot<schema::LocalMessage>().initPiece();
  piece.setStream(77);
  piece.setIndex(index);
  piece.setCount(1'000);
  Bytes bytes = encode<schema::LocalMessage>(message.getRoot<schema::LocalMessage>());
  bytes.resize(200'000);
  return bytes;
}

TEST_CASE("a child that piles up half a snapshot beyond its budget loses its session") {
  SessionWorld w;
  w.limits.memoryBytesMax = 1 << 20;
  auto pipe = kj::newTwoWayPipe();
  w.offer(kj::mv(pipe.ends[0]));
  auto uplink = w.dial(kj::mv(pipe.ends[1]));
  std::string reason;
  auto ended = w.parent.session->onEnd().then([&](kj::String why) { reason = why.cStr(); })
                   .eagerlyEvaluate(nullptr);
  auto hello = uplink.helloRequest();
  hello.initChild().setProtocol(1);
  CHECK(errorOf(w.world, hello.send().ignoreResult()) == "none");
  uint32_t taken = 0;
  for (; taken < 100; ++taken) {
    auto request = uplink.localRequest();
    request.setMessage(view(pieceOf(taken)));
    if (errorOf(w.world, request.send().ignoreResult()) != "none") break;
  }
  CHECK(taken >= 4);  // not yet
  CHECK(taken <= 6);  // now
  w.world.runFor(5'000);
  CHECK(reason.find("too much for it") != std::string::npos);
  CHECK(w.parent.server->stagedBytes() <= w.limits.memoryBytesMax + 200'000);
}

TEST_CASE("nothing but a ping is answered before the hello") {
  SessionWorld w;
  w.parent.addBlob(pattern(10));
  auto pipe = kj::newTwoWayPipe();
  w.offer(kj::mv(pipe.ends[0]));
  auto uplink = w.dial(kj::mv(pipe.ends[1]));
  CHECK(errorOf(w.world, uplink.pingRequest().send().ignoreResult()) == "none");
  auto status = uplink.statusRequest();
  status.initBatch().setEpoch(9);
  CHECK(has({errorOf(w.world, status.send().ignoreResult())}, "hello comes first"));
  CHECK(w.parent.mirror.getEpoch() == 0);
  auto local = uplink.localRequest();
  CHECK(has({errorOf(w.world, local.send().ignoreResult())}, "hello comes first"));
  auto blob = uplink.blobRequest();
  CHECK(has({errorOf(w.world, blob.send().ignoreResult())}, "hello comes first"));
  CHECK(!w.parent.server->wasGreeted());
  // And none is sent.
  w.parent.edit({{"a", {"1", {}}}});
  w.world.runFor(100);
  CHECK(w.child.document->orders().version().isNone());
}

TEST_CASE("orders that overtake the answer to the hello wait for it") {
  SessionWorld w;
  w.parent.edit({{"a", {"1", {}}}});
  auto pipe = kj::newTwoWayPipe();
  auto when = kj::newPromiseAndFulfiller<void>();
  auto held = kj::heap<HeldUplink>(kj::mv(when.promise));
  DocumentLink link(*w.parent.document, Peer::CHILD, 1, w.parent.blobs.source());
  held->document = link.hello();
  Session session(kj::mv(pipe.ends[0]), Side::PARENT, schema::Uplink::Client(kj::mv(held)),
                  w.world.timer(), w.limits);
  w.greet(w.dial(kj::mv(pipe.ends[1])));
  auto step = link.onHello(view(encodeHello(w.child.document->hello())));
  REQUIRE(step.orders.size() == 1);
  auto request = session.remote().castAs<schema::Downlink>().ordersRequest();
  request.setMessage(view(step.orders[0]));
  auto answer = request.send().ignoreResult().eagerlyEvaluate(nullptr);
  w.world.runFor(1'000);
  CHECK(w.child.document->orders().version().isNone());
  CHECK(!answer.poll(w.world.scope()));
  when.fulfiller->fulfill();
  w.world.run(kj::mv(answer), 1'000);
  CHECK(w.inStep());
  w.disconnect();
}

TEST_CASE("a child of another protocol is told what to do") {
  SessionWorld w;
  auto pipe = kj::newTwoWayPipe();
  w.offer(kj::mv(pipe.ends[0]));
  auto uplink = w.dial(kj::mv(pipe.ends[1]));
  auto request = uplink.helloRequest();
  request.initChild().setProtocol(2);
  auto error = errorOf(w.world, request.send().ignoreResult());
  CHECK(has({error}, "another protocol"));
  CHECK(has({error}, "at most one apart"));
  CHECK(w.parent.greetings == 0);
}

TEST_CASE("a parent of another protocol is not followed") {
  SessionWorld w;
  auto pipe = kj::newTwoWayPipe();
  auto held = kj::heap<HeldUplink>(kj::READY_NOW);
  held->protocol = 2;
  Session session(kj::mv(pipe.ends[0]), Side::PARENT, schema::Uplink::Client(kj::mv(held)),
                  w.world.timer(), w.limits);
  w.greet(w.dial(kj::mv(pipe.ends[1])));
  w.world.runFor(100);
  CHECK(!w.child.isUp);
  CHECK(has({w.child.greetingError}, "another protocol"));
  w.disconnect();
}

TEST_CASE("who refuses a greeting takes nothing of the session") {
  SessionWorld w;
  w.parent.edit({{"a", {"1", {}}}});
  w.child.registers->set("host", pattern(10));
  w.child.refusal = "this region commanded the site before it moved";
  w.connect();
  CHECK(!w.child.isUp);
  CHECK(has({w.child.greetingError}, "before it moved"));
  CHECK(w.child.document->orders().version().isNone());
  w.child.refusal.clear();
  w.parent.refusal = "unknown here";
  w.connect();
  CHECK(has({w.child.greetingError}, "unknown here"));
  CHECK(!w.parent.server->wasGreeted());
  CHECK(w.parent.mirror.all().empty());
  w.parent.refusal.clear();
  w.connect();
  CHECK(w.child.isUp);
  CHECK(w.inStep());
}

// The document of the parent's answer to this hello.
Bytes answered(SessionWorld& w, const Bytes& document, bool knowsOmission) {
  auto pipe = kj::newTwoWayPipe();
  w.offer(kj::mv(pipe.ends[0]));
  auto request = w.dial(kj::mv(pipe.ends[1])).helloRequest();
  auto hello = request.initChild();
  hello.setProtocol(1);
  hello.setDocument(view(document));
  hello.setKnowsOmission(knowsOmission);
  auto answer = w.world.run(request.send(), 1'000);
  return copy(answer.getParent().getDocument());
}

TEST_CASE("a parent does not repeat what the child said, unless the child is older") {
  SessionWorld w;
  w.parent.edit({{"a", {"1", {}}}});
  w.connect();
  REQUIRE(w.inStep());
  w.disconnect();
  auto said = encodeHello(w.child.document->hello());
  CHECK(answered(w, said, true).empty());
  CHECK(answered(w, said, false) == said);
  w.disconnect();
  w.parent.edit({{"a", {"2", {}}}});
  auto now = answered(w, said, true);
  CHECK(now == encodeHello(w.parent.document->hello()));
  CHECK(now != said);
}

TEST_CASE("a parent that leaves its document out holds what the child said, not what came since") {
  SessionWorld w;
  w.child.hold("frozen");
  auto pipe = kj::newTwoWayPipe();
  auto when = kj::newPromiseAndFulfiller<void>();
  auto held = kj::heap<HeldUplink>(kj::mv(when.promise));
  auto& uplink = *held;
  Session session(kj::mv(pipe.ends[0]), Side::PARENT, schema::Uplink::Client(kj::mv(held)),
                  w.world.timer(), w.limits);
  w.greet(w.dial(kj::mv(pipe.ends[1])));
  w.world.runFor(100);
  SUBCASE("nothing came since") {}
  SUBCASE("a hold came while the parent thought") { w.child.hold("other"); }
  bool changed = encodeHello(w.child.document->hello()) != uplink.said;
  when.fulfiller->fulfill();
  w.world.runFor(100);
  CHECK(w.child.isUp);
  CHECK((uplink.locals > 0) == changed);
  w.disconnect();
}

// Without what TLS adds, and without the two statements, which a session knows nothing of. The
// whole is measured by scripts/bench.
constexpr uint64_t QUIET_GREETING_BYTES_MAX = 830;

TEST_CASE("a greeting with nothing new is short, and brings no call of its own from the parent") {
  SessionWorld w;
  w.parent.edit({{"a", {"1", {}}}});
  w.child.registers->set("host", pattern(10));
  w.connect();
  w.disconnect();
  w.connect();
  REQUIRE(w.inStep());
  auto up = w.parent.session->frames().receivedBytes();
  auto down = w.child.session->frames().receivedBytes();
  CAPTURE(up);
  CAPTURE(down);
  CHECK(up + down <= QUIET_GREETING_BYTES_MAX);
  CHECK(w.child.session->frames().rpc().openQuestions() == 0);
  w.parent.edit({{"a", {"2", {}}}});
  w.world.runFor(10);
  CHECK(w.inStep());
}

TEST_CASE("a child of another document is given nothing") {
  SessionWorld w;
  w.parent.edit({{"a", {"1", {}}}});
  RowChanges rows;
  w.child.document = kj::heap<Document>(
      DocumentIds{"site/bergen", DocumentKind::SITE, DocumentEnd::CHILD, 7}, rows);
  w.connect();
  CHECK(w.child.document->orders().version().isNone());
  CHECK(has(w.parent.alarms, "another document"));
}

}  // namespace
}  // namespace skerry
