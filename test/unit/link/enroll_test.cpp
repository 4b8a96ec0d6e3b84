#include "shared/link/enroll.h"
#include "capnp/enroll.capnp.h"
#include "shared/link/listener.h"
#include "test/unit/link/link_sim.h"
#include <capnp/serialize-async.h>

namespace skerry {
namespace {

// A parent as the tiers will write it: one table of tokens, judged and issued from.
class Desk final : public EnrollDesk {
public:
  explicit Desk(LinkSim& sim) : sim(sim) {}

  kj::Promise<EnrollAnswer> enroll(EnrollAsked asked) override {
    questions++;
    KJ_REQUIRE(!broken, "the store is gone");
    auto device = keyHash(*asked.deviceKey);
    auto row = tokens.find(asked.token);
    auto stored = row == tokens.end() ? std::optional<StoredToken>() : row->second;
    auto verdict = judgeToken(stored, view(asked.secret), device, NOW_MS);
    if (verdict != TokenVerdict::ACCEPTED && verdict != TokenVerdict::ACCEPTED_AGAIN) {
      return EnrollAnswer(EnrollRefused{reasonOf(verdict), adviceOn(verdict, asked.token)});
    }
    row->second.usedBy = device;
    Enrolled answer;
    answer.name = "site:oslo/" + asked.host;
    Issuer issuer{*sim.fleet.ca, *sim.fleet.caKey};
    EVP_PKEY& subject = confused ? *sim.fleet.caKey : *asked.deviceKey;
    answer.chain.push_back(issueLeaf(issuer, subject, answer.name, NOW_MS, sim.fleet.entropy));
    answer.chain.push_back(share(*sim.fleet.ca));
    answer.root = share(*sim.fleet.root);
    if (foreign) {
      Fleet other(9);
      auto identity = other.identity(answer.name);
      answer.chain = kj::mv(identity.chain);
      answer.root = kj::mv(identity.root);
    }
    if (asked.caKey != nullptr) {
      answer.ca = issueIntermediate({*sim.fleet.root, *sim.fleet.rootKey}, *asked.caKey,
                                    "region-ca:south", NOW_MS, sim.fleet.entropy);
      documentKey = asked.documentKey;
    }
    answer.writer = 7;
    answer.wallMs = NOW_MS;
    answer.authority = copy(view("signed elsewhere"));
    return EnrollAnswer(kj::mv(answer));
  }

  LinkSim& sim;
  std::map<std::string, StoredToken> tokens;
  int questions = 0;
  bool broken = false, confused = false, foreign = false;
  Bytes documentKey;
};

struct Enrolling {
  LinkSim sim;
  Desk desk{sim};
  kj::Own<Transport> transport;
  kj::Own<Handshaker> shaker;
  kj::Own<Listener> listener;
  int sessions = 0;
  kj::String lastServed;
  OwnKey device = newKey(sim.fleet.entropy);
  Token token;

  explicit Enrolling(bool overTls = false)
      : transport(overTls ? newTlsTransport() : newPlainTransport()) {
    shaker = transport->newHandshaker(sim.parent.host(), sim.policy, sim.parentIdentity);
    Listener::Doors doors{
      [this](Secured peer) {
        sessions++;
        return drain(kj::mv(peer.stream));
      },
      [this](Secured peer) {
        return serveEnroll(kj::mv(peer.stream), desk, sim.world.timer())
            .then([this] { lastServed = kj::str("served"); },
                  [this](kj::Exception&& e) { lastServed = kj::str(e.getDescription()); });
      }};
    listener = kj::heap<Listener>(sim.listen(), sim.world.timer(), *shaker, kj::mv(doors));
    token.addresses = {"parent:7000"};
    token.rootKey = keyHash(*sim.fleet.root);
    token.name = "oslo";
    token.id = newTokenId(sim.fleet.entropy);
    token.secret = newTokenSecret(sim.fleet.entropy);
    token.expiresMs = NOW_MS + DAY_MS;
    desk.tokens[token.id] = {sha256(view(token.secret)), token.expiresMs, std::nullopt};
  }

  EnrollAnswer ask(EVP_PKEY& key) {
    Joiner joiner{key};
    joiner.host = "host1";
    joiner.version = "0.1.0";
    return sim.world.run(enroll(sim.child.host(), *transport, token, joiner), 120'000);
  }
  EnrollAnswer ask() { return ask(*device); }
  std::string refusal(EVP_PKEY& key) {
    auto answer = ask(key);
    auto refused = std::get_if<EnrollRefused>(&answer);
    return refused == nullptr ? "accepted" : refused->reason;
  }
  std::string refusal() { return refusal(*device); }
  std::string failure() {
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] { ask(); })) return text(e->getDescription());
    return "none";
  }
  // A joiner who speaks for himself.
  Secured raw() {
    JoinerPolicy policy(token.rootKey);
    auto joiner = transport->newHandshaker(sim.stranger.host(), policy, Identity());
    return sim.world.run(joiner->connect(sim.connect(sim.stranger), Door::ENROLL), 5000);
  }
};

TEST_CASE("a token becomes certificates that open the session door, over TLS and simulated") {
  for (bool overTls : {false, true}) {
    CAPTURE(overTls);
    Enrolling e(overTls);
    auto answer = e.ask();
    REQUIRE(std::holds_alternative<Enrolled>(answer));
    auto& got = std::get<Enrolled>(answer);
    CHECK(got.name == "site:oslo/host1");
    CHECK(got.writer == 7);
    CHECK(got.wallMs == NOW_MS);
    CHECK(text(view(got.authority)) == "signed elsewhere");
    CHECK(got.ca == nullptr);
    Identity self;
    self.key = kj::mv(e.device);
    for (auto& certificate : got.chain) self.chain.push_back(share(*certificate));
    self.root = share(*got.root);
    auto shaker = e.transport->newHandshaker(e.sim.child.host(), e.sim.policy, self);
    auto session =
        e.sim.world.run(shaker->connect(e.sim.connect(e.sim.child), Door::SESSION), 5000);
    e.sim.world.runFor(100);
    CHECK(e.sessions == 1);
    CHECK(session.peer.name == "region:north");
    CHECK(session.peer.key == got.parentKey);
    CHECK(e.lastServed == "served");
    e.sim.world.runFor(60'000);
  }
}

TEST_CASE("a joiner whose clock is years off still enrols, over TLS and simulated") {
  for (bool overTls : {false, true}) {
    for (int64_t years : {-30, -5, 5, 30}) {
      CAPTURE(years);
      Enrolling e(overTls);
      e.sim.child.jumpWallClock(years * 365 * DAY_MS);
      CHECK(e.refusal() == "accepted");
    }
  }
}

TEST_CASE("a lost answer is asked for again with the same key; another key is refused") {
  Enrolling e;
  CHECK(e.refusal() == "accepted");
  auto again = e.ask();
  REQUIRE(std::holds_alternative<Enrolled>(again));
  CHECK(std::get<Enrolled>(again).writer == 7);
  auto other = newKey(e.sim.fleet.entropy);
  CHECK(e.refusal(*other) == "token-used");
}

TEST_CASE("tokens that are unknown, expired or guessed are refused with a word and advice") {
  Enrolling e;
  e.desk.tokens[e.token.id].expiresMs = NOW_MS - 1;
  CHECK(e.refusal() == "token-expired");
  auto secret = e.token.secret;
  e.token.secret[0] ^= 1;
  CHECK(e.refusal() == "token-unknown");
  e.token.secret = secret;
  e.token.id = "0000";
  auto answer = e.ask();
  CHECK(std::get<EnrollRefused>(answer).reason == "token-unknown");
  CHECK(has(std::get<EnrollRefused>(answer).text, "skerry token"));
}

TEST_CASE("the secret of a foreign fleet's token is never sent") {
  for (bool overTls : {false, true}) {
    Enrolling e(overTls);
    e.token.rootKey = sha256(view("another fleet"));
    auto said = e.failure();
    CAPTURE(said);
    CHECK(has(said, "parent:7000"));
    CHECK(has(said, "root key that the token names"));
    CHECK(e.desk.questions == 0);
  }
}

TEST_CASE("each address is tried once, in order, and all are named when none answers") {
  Enrolling e;
  e.token.addresses = {"parent:1", "stranger:1", "parent:7000"};
  CHECK(e.refusal() == "accepted");
  e.token.addresses = {"parent:1", "stranger:1"};
  auto said = e.failure();
  CHECK(has(said, "parent:1"));
  CHECK(has(said, "stranger:1"));
  CHECK(has(said, "join again"));
}

TEST_CASE("a parent that listens and never answers is passed over") {
  Enrolling e;
  auto address = e.sim.world.run(e.sim.stranger.host().network.parseAddress("*:9"), 1000);
  auto mute = address->listen();
  e.token.addresses = {"stranger:9", "parent:7000"};
  CHECK(e.refusal() == "accepted");
}

TEST_CASE("a region also gets its issuing certificate") {
  Enrolling e;
  auto ca = newKey(e.sim.fleet.entropy);
  Joiner joiner{*e.device};
  joiner.caKey = ca.get();
  joiner.documentKey = Bytes(PUBLIC_KEY_BYTES, 3);
  joiner.host = "south";
  auto answer =
      e.sim.world.run(enroll(e.sim.child.host(), *e.transport, e.token, joiner), 10'000);
  auto& got = std::get<Enrolled>(answer);
  REQUIRE(got.ca != nullptr);
  CHECK(keyHash(*got.ca) == keyHash(*ca));
  CHECK(e.desk.documentKey == Bytes(PUBLIC_KEY_BYTES, 3));
}

TEST_CASE("a desk that fails says so to nobody but in general, and the next try succeeds") {
  Enrolling e;
  e.desk.broken = true;
  auto answer = e.ask();
  CHECK(std::get<EnrollRefused>(answer).reason == "try-again");
  CHECK_FALSE(has(std::get<EnrollRefused>(answer).text, "store"));
  e.desk.broken = false;
  CHECK(e.refusal() == "accepted");
}

TEST_CASE("certificates that are not for our key are not taken") {
  Enrolling e;
  e.desk.confused = true;
  CHECK(has(e.failure(), "another device's certificate"));
}

TEST_CASE("a root that is not the token's is not taken, whatever the connection proved") {
  Enrolling e;
  e.desk.foreign = true;
  CHECK(has(e.failure(), "another root than the token names"));
}

TEST_CASE("hostile: too large, broken and unfinished questions end their connection alone") {
  struct Case { Bytes bytes; const char* says; };
  auto wordsAnnounced = [](uint32_t segments, uint32_t words) {
    uint32_t header[] = {segments, words};
    return copy(kj::arrayPtr(header, 2).asBytes());
  };
  Case cases[] = {
    {wordsAnnounced(0, (16 << 10) / 8 + 1), "too large a frame"},
    {wordsAnnounced(0, 8 << 20), "too large a frame"},
    {wordsAnnounced(0xffffffff, 0xffffffff), "too many segments"},
    {wordsAnnounced(0, 100), "takes too long"},
    {{}, "takes too long"},
  };
  for (auto& one : cases) {
    Enrolling e;
    auto attacker = e.raw();
    if (!one.bytes.empty()) {
      e.sim.world.run(attacker.stream->write(one.bytes.data(), one.bytes.size()), 1000);
    }
    e.sim.world.runFor(ENROLL_TIME_MAX / kj::MILLISECONDS + 1000);
    CHECK_HAS(e.lastServed, one.says);
    CHECK(e.desk.questions == 0);
    CHECK(e.refusal() == "accepted");
  }
}

TEST_CASE("hostile: random questions are answered as malformed or not at all") {
  constexpr uint64_t SEED = 77;
  CAPTURE(SEED);
  SeededEntropy entropy(SEED);
  Enrolling e;
  for (int round = 0; round < 300; round++) {
    size_t words = entropy.between(1, 40);
    Bytes bytes(8 + words * 8);
    entropy.fill(kj::arrayPtr(bytes.data(), bytes.size()));
    uint32_t header[] = {0, uint32_t(words)};
    memcpy(bytes.data(), header, sizeof(header));
    // Half of them: plausible pointers.
    if (round % 2) for (size_t i = 8; i < bytes.size(); i++) if (i % 8 > 1) bytes[i] &= 3;
    auto pipe = kj::newTwoWayPipe();
    auto served = serveEnroll(kj::mv(pipe.ends[0]), e.desk, e.sim.world.timer())
        .eagerlyEvaluate([](kj::Exception&&) {});
    auto sent = pipe.ends[1]->write(bytes.data(), bytes.size()).then([&] {
      pipe.ends[1]->shutdownWrite();
    }).eagerlyEvaluate([](kj::Exception&&) {});
    auto answer = capnp::readMessage(*pipe.ends[1]).then([](kj::Own<capnp::MessageReader> reader) {
      return text(reader->getRoot<schema::EnrollReply>().getRefused().getReason());
    });
    CHECK(e.sim.world.run(kj::mv(answer), 1000) == "request-malformed");
  }
  CHECK(e.desk.questions == 0);
}

TEST_CASE("a question whose requests are not signed by their own keys is malformed") {
  Enrolling e;
  auto attacker = e.raw();
  capnp::MallocMessageBuilder message;
  auto request = message.initRoot<schema::EnrollRequest>();
  request.setToken(e.token.id.c_str());
  request.setSecret(view(e.token.secret));
  auto csr = makeRequest(*e.device);
  csr[csr.size() - 1] ^= 1;
  request.setDeviceRequest(view(csr));
  e.sim.world.run(capnp::writeMessage(*attacker.stream, message), 1000);
  auto reply = e.sim.world.run(capnp::readMessage(*attacker.stream), 1000);
  CHECK(text(reply->getRoot<schema::EnrollReply>().getRefused().getReason()) ==
        "request-malformed");
  CHECK(e.desk.questions == 0);
}

}  // namespace
}  // namespace skerry
