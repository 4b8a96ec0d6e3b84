#include "shared/daemon/child.h"
#include "test/sim/sim_host.h"
#include "test/support/hand_store.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

// A parent of one child, and a peer that is nothing but the other end of its connection.
struct Nursery final : ChildOwner {
  SimWorld world{6};
  SimHost machine{world, "region"};
  HandStore store;
  Writer writer{store, [](kj::Exception) {}};
  Blobs blobs;
  kj::Own<Child> child;
  LinkLimits limits;
  int greetings = 0, statusChanges = 0;

  Nursery() {
    machine.powerOn();
    RowChanges none;
    child = kj::heap<Child>(
        "oslo",
        kj::heap<Document>(
            DocumentIds{"site/oslo", DocumentKind::SITE, DocumentEnd::PARENT, 0}, none),
        Child::Parts{machine.host(), blobs, writer, *this});
  }
  void greeted(const std::string&, schema::ChildHello::Reader) override { ++greetings; }
  void fillHello(const std::string&, schema::ChildHello::Reader,
                 schema::ParentHello::Builder) override {}
  void statusChanged(const std::string&, const std::vector<std::string>&) override {
    ++statusChanges;
  }
};

class Mute final : public schema::Downlink::Server {};

// The object that a child hands over with its hello.
class Given final : public schema::Downlink::Server {
  kj::Promise<void> ping(PingContext) override { return kj::READY_NOW; }
};

struct Line {
  std::string ended;  // why the parent stopped serving it
  kj::Own<Session> session;
  kj::Promise<void> serving = kj::READY_NOW;

  explicit Line(Nursery& nursery, kj::Maybe<kj::Duration> life = nullptr) {
    auto pipe = kj::newTwoWayPipe();
    serving = nursery.child->serve(kj::mv(pipe.ends[0]), life).then(
        [this] { ended = "done"; },
        [this](kj::Exception&& reason) { ended = text(reason.getDescription()); })
        .eagerlyEvaluate(nullptr);
    session = kj::heap<Session>(kj::mv(pipe.ends[1]), Side::CHILD,
                                schema::Downlink::Client(kj::heap<Mute>()),
                                nursery.world.timer(), nursery.limits);
  }
  void hello(Nursery& nursery, kj::Maybe<schema::Downlink::Client> object = nullptr) {
    auto request = session->remote().castAs<schema::Uplink>().helloRequest();
    request.initChild().setProtocol(1);
    request.getChild().setVersion("0.1.0");
    KJ_IF_MAYBE(client, object) request.getChild().setDownlink(*client);
    nursery.world.run(request.send().ignoreResult(), 1'000);
  }
};

TEST_CASE("a child is online from its hello to the end of its connection") {
  Nursery nursery;
  CHECK(!nursery.child->online());
  CHECK(nursery.child->sinceMs() == 0);
  Line line(nursery);
  nursery.world.runFor(10);
  CHECK(!nursery.child->online());
  CHECK(nursery.child->downlink() == nullptr);
  line.hello(nursery);
  CHECK(nursery.child->online());
  CHECK(nursery.child->downlink() != nullptr);
  CHECK(nursery.child->version() == "0.1.0");
  auto since = nursery.child->sinceMs();
  nursery.world.runFor(1'000);
  line.session = nullptr;
  nursery.world.runFor(1'000);
  CHECK(!nursery.child->online());
  CHECK(nursery.child->sinceMs() > since);
  CHECK(nursery.child->downlink() == nullptr);
  CHECK(nursery.statusChanges == 1);
  CHECK(line.ended == "done");
}

TEST_CASE("a child that says hello without end takes nobody's place") {
  Nursery nursery;
  Line line(nursery);
  unsigned said = 0;
  std::string refusal;
  for (; said < 1'000 && refusal.empty(); ++said) {
    KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] { line.hello(nursery); })) {
      refusal = text(reason->getDescription());
    }
  }
  CHECK(said > CHILD_HELLOS_AT_ONCE);
  CHECK(said <= CHILD_HELLOS_AT_ONCE + 5);
  CHECK(refusal.find("busy, retry after") != std::string::npos);
  CHECK(unsigned(nursery.greetings) < said);
  nursery.world.runFor(2'000);
  line.hello(nursery);
  CHECK(nursery.child->online());
}

TEST_CASE("a session ends politely with the certificate that it was begun with, not before") {
  CHECK(restOfLife(PeerIdentity(), SIM_WALL_START_MS) == nullptr);
  PeerIdentity peer;
  peer.untilMs = SIM_WALL_START_MS + 20'000;  // sooner than a ping
  Nursery nursery;
  Line line(nursery, restOfLife(peer, SIM_WALL_START_MS));
  line.hello(nursery);
  auto end = line.session->onEnd();
  // A clock that jumps ends nothing early.
  nursery.machine.jumpWallClock(int64_t(365) * 24 * 3'600'000);
  nursery.world.runFor(18'000);
  CHECK(nursery.child->online());
  nursery.world.runFor(5'000);
  CHECK(!nursery.child->online());
  CHECK(line.ended == "done");
  CHECK(nursery.statusChanges == 1);
  CHECK(nursery.world.run(kj::mv(end), 1'000).size() > 0);
}

TEST_CASE("a newer connection of a child takes the place of the older one") {
  Nursery nursery;
  Line first(nursery);
  first.hello(nursery);
  Line second(nursery);
  nursery.world.runFor(1'000);
  CHECK(first.ended.find("took the place") != std::string::npos);
  CHECK(second.ended == "");
  second.hello(nursery);
  CHECK(nursery.child->online());
  CHECK(nursery.greetings == 2);
  first.session = nullptr;
  nursery.world.runFor(1'000);
  CHECK(nursery.child->online());
}

TEST_CASE("a child may go in the middle of its connection, even as that ends") {
  for (bool endsFirst : {false, true}) {
    CAPTURE(endsFirst);
    Nursery nursery;
    Line line(nursery);
    line.hello(nursery);
    if (endsFirst) line.session = nullptr;
    nursery.child = nullptr;
    nursery.world.runFor(1'000);
    CHECK(line.ended != "");
    CHECK(nursery.statusChanges == 0);
  }
}

// What the parent has to call answers a ping, which only a Given one does.
bool answersPing(Nursery& nursery) {
  auto downlink = KJ_ASSERT_NONNULL(nursery.child->downlink());
  auto answer = downlink.pingRequest().send().ignoreResult();
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    nursery.world.run(kj::mv(answer), 1'000);
  })) {
    CHECK(reason->getType() == kj::Exception::Type::UNIMPLEMENTED);
    return false;
  }
  return true;
}

TEST_CASE("the parent calls the object it was handed; a child that hands over none is asked") {
  Nursery nursery;
  Line older(nursery);
  older.hello(nursery);
  CHECK(!answersPing(nursery));
  Line line(nursery);
  line.hello(nursery, schema::Downlink::Client(kj::heap<Given>()));
  CHECK(answersPing(nursery));
}

TEST_CASE("a connection that is ended says why") {
  Nursery nursery;
  Line line(nursery);
  line.hello(nursery);
  nursery.child->end("this site was deleted");
  nursery.world.runFor(3'000);
  CHECK(!nursery.child->online());
}

}  // namespace
}  // namespace skerry
