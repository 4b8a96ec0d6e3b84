#include "shared/daemon/front_door.h"
#include "shared/daemon/child.h"
#include "test/sim/plain_handshaker.h"
#include "test/sim/sim_host.h"
#include "test/support/hand_store.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr uint64_t SOON_MS = 1'000;

struct Trust final : PeerPolicy {
  explicit Trust(Clock& clock) : clock(clock) {}
  bool pins(const Hash&) const override { return true; }
  bool ignoresDates(Door, const Hash&) const override { return false; }
  bool isRevoked(const Hash&) const override { return false; }
  int64_t nowMs() const override { return clock.wallMs(); }
  Clock& clock;
};

// A parent with a front door and one child, and a machine that knocks.
struct House final : EnrollDesk, RenewDesk, ChildOwner {
  SimWorld world{12};
  SimHost parent{world, "parent"}, child{world, "child"};
  kj::Own<Transport> transport = newPlainTransport();
  OwnKey rootKey;
  OwnCert root;
  Identity own, theirs;
  HandStore store;
  Writer writer{store, [](kj::Exception) {}};
  Blobs blobs;
  LinkLimits limits;
  kj::Own<Trust> trust, childTrust;
  kj::Own<Child> known;
  kj::Own<FrontDoor> door;
  int reloads = 0, renewals = 0;
  bool isRush = false, isFull = false;
  std::vector<std::string> asked;

  House() {
    parent.powerOn();
    child.powerOn();
    auto& entropy = parent.host().entropy;
    rootKey = newKey(entropy);
    root = issueRoot(*rootKey, "fleet:test", SIM_WALL_START_MS, entropy);
    own = certified("central");
    theirs = certified("region:north");
    trust = kj::heap<Trust>(parent.host().clock);
    childTrust = kj::heap<Trust>(child.host().clock);
    RowChanges none;
    DocumentIds ids{"region/north", DocumentKind::REGION, DocumentEnd::PARENT, 0};
    known = kj::heap<Child>("north", kj::heap<Document>(ids, none),
                            Child::Parts{parent.host(), blobs, writer, *this});
    auto address = world.run(parent.host().network.parseAddress("*:7000"), SOON_MS);
    door = kj::heap<FrontDoor>(FrontDoor::Parts{
        parent.host(), *transport, *trust, *this, *this,
        [this](Secured peer) { return known->serve(kj::mv(peer.stream)); },
        [this]() -> const Identity& {
          ++reloads;
          KJ_REQUIRE(!isFull, "no room on the disk");
          return own = certified("central");
        },
        [this](Handshaker&) { ++renewals; }}, own, "*:7000", address->listen());
  }
  ~House() noexcept(false) {
    door = nullptr;
    known = nullptr;
  }

  Identity certified(const std::string& name) {
    auto& host = parent.host();
    Identity identity;
    identity.key = newKey(host.entropy);
    identity.chain.push_back(issueLeaf(Issuer{*root, *rootKey}, *identity.key, name,
                                       host.clock.wallMs(), host.entropy));
    identity.root = share(*root);
    return identity;
  }
  Secured knock(Door at) {
    auto& host = child.host();
    auto shaker = transport->newHandshaker(host, *childTrust, theirs);
    auto address = world.run(host.network.parseAddress("parent:7000"), SOON_MS);
    auto stream = world.run(address->connect(), SOON_MS);
    return world.run(shaker->connect(kj::mv(stream), at), SOON_MS);
  }
  // What becomes of a hello: nothing, or why it was refused.
  kj::Maybe<kj::Exception> hello() {
    Session session(knock(Door::SESSION).stream, Side::CHILD, kj::heap<Silent>(), world.timer(),
                    limits);
    auto request = session.remote().castAs<schema::Uplink>().helloRequest();
    request.initChild().setProtocol(1);
    auto answer = request.send().ignoreResult();
    return kj::runCatchingExceptions([&] { world.run(kj::mv(answer), SOON_MS); });
  }

  class Silent final : public schema::Downlink::Server {};

  kj::Promise<EnrollAnswer> enroll(EnrollAsked question) override {
    asked.push_back(question.token);
    return EnrollAnswer(EnrollRefused{"token-unknown", "ask for another"});
  }
  RenewAnswer renew(RenewAsked) override { return unknownDevice("region"); }
  void greeted(const std::string&, schema::ChildHello::Reader) override {
    // As many as may come at once came just before, and a second's worth beyond them, who were each
    // told another time.
    for (unsigned i = 0; isRush && i < HELLOS_AT_ONCE + HELLOS_PER_SECOND; ++i) {
      kj::runCatchingExceptions([&] { door->admit(kj::NEVER_DONE); });
    }
    door->admit(kj::READY_NOW);
  }
  void fillHello(const std::string&, schema::ChildHello::Reader,
                 schema::ParentHello::Builder) override {}
  void statusChanged(const std::string&, const std::vector<std::string>&) override {}
};

TEST_CASE("a hello beyond the rate is answered OVERLOADED, and is taken at the time it was told") {
  House house;
  CHECK(house.hello() == nullptr);
  house.isRush = true;
  auto refused = house.hello();
  auto& reason = KJ_ASSERT_NONNULL(refused);
  CHECK(reason.getType() == kj::Exception::Type::OVERLOADED);
  auto wait = KJ_ASSERT_NONNULL(retryAfter(reason));
  CHECK(wait > 500 * kj::MILLISECONDS);
  CHECK(wait <= RETRY_AFTER_MAX);
  CHECK(!house.known->online());
  house.isRush = false;
  house.world.runFor(wait / kj::MILLISECONDS);
  CHECK(house.hello() == nullptr);
}

TEST_CASE("who has no certificate yet is led to the desk") {
  House house;
  Token token;
  token.addresses = {"parent:7000"};
  token.rootKey = keyHash(*house.root);
  token.kind = TokenKind::REGION;
  token.name = "north";
  token.id = "t1";
  token.secret = Bytes(TOKEN_SECRET_BYTES, 1);
  token.expiresMs = SIM_WALL_START_MS + TOKEN_LIFE_MS;
  auto device = newKey(house.child.host().entropy);
  Joiner joiner{*device};
  auto answer = house.world.run(enroll(house.child.host(), *house.transport, token, joiner),
                                10 * SOON_MS);
  CHECK(std::holds_alternative<EnrollRefused>(answer));
  CHECK(house.asked == std::vector<std::string>{"t1"});
}

TEST_CASE("who comes for the next certificate is led to that desk, and to no other") {
  House house;
  auto answer = house.world.run(
      renew(house.child.host(), *house.transport,
            Renewer{*house.childTrust, house.theirs, nullptr, {"parent:7000"}},
            [](const std::string& name) { return name == "central"; }), 10 * SOON_MS);
  REQUIRE(std::holds_alternative<RefusedQuestion>(answer));
  CHECK(std::get<RefusedQuestion>(answer).reason == "device-unknown");
  CHECK(house.asked.empty());
  CHECK(!house.known->online());
}

TEST_CASE("our certificate is read again every day, for who comes and for what we dial") {
  House house;
  auto before = house.knock(Door::SESSION).peer.key;
  for (int day = 1; day <= 3; ++day) {
    house.world.runFor(OWN_RENEWAL_CHECK / kj::MILLISECONDS);
    CHECK(house.reloads == day);
    CHECK(house.renewals == day);
    auto now = house.knock(Door::SESSION).peer.key;
    CHECK(now != before);
    CHECK(now == keyHash(*house.own.chain[0]));
    before = now;
  }
}

TEST_CASE("a day on which our certificate could not be renewed is followed by the next one") {
  House house;
  house.isFull = true;
  house.world.runFor(OWN_RENEWAL_CHECK / kj::MILLISECONDS);
  CHECK(house.reloads == 1);
  CHECK(house.renewals == 0);
  house.knock(Door::SESSION);
  house.isFull = false;
  house.world.runFor(OWN_RENEWAL_CHECK / kj::MILLISECONDS);
  CHECK(house.renewals == 1);
}

}  // namespace
}  // namespace skerry
