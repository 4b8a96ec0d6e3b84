// A fleet of one parent and one child on loopback TCP, for the tests of the link.
#pragma once
#include "capnp/pulse.capnp.h"
#include "shared/link/session.h"
#include "shared/link/tls_context.h"
#include "test/sim/seeded_entropy.h"
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <set>

namespace skerry {

constexpr int64_t NOW_MS = 1'700'000'000'000;

struct SetPolicy final : PeerPolicy {
  std::set<Hash> pinned, registered, revoked;
  int64_t aheadMs = 0;
  bool pins(const Hash& issuer) const override { return pinned.contains(issuer); }
  bool ignoresDates(Door door, const Hash& leaf) const override {
    return door != Door::ENROLL && registered.contains(leaf);
  }
  bool isRevoked(const Hash& key) const override { return revoked.contains(key); }
  int64_t nowMs() const override { return NOW_MS + aheadMs; }
};

// A root and what it issues; every leaf is below an intermediate, as in a real fleet.
struct Fleet {
  explicit Fleet(uint64_t seed = 1, bool elliptic = false) : elliptic(elliptic), entropy(seed) {
    rootKey = key();
    root = issueRoot(*rootKey, "fleet:test", NOW_MS, entropy);
    caKey = key();
    ca = issueIntermediate({*root, *rootKey}, *caKey, "region-ca:north", NOW_MS, entropy);
  }
  OwnKey key() {
    return elliptic ? OwnKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")) : newKey(entropy);
  }
  Identity identity(std::string_view name, int64_t atMs = NOW_MS) {
    Identity made;
    made.key = key();
    made.chain.push_back(issueLeaf({*ca, *caKey}, *made.key, name, atMs, entropy));
    made.chain.push_back(share(*ca));
    made.root = share(*root);
    return made;
  }
  // Knows the root, and has nothing to show.
  Identity nobody() {
    Identity made;
    made.root = share(*root);
    return made;
  }

  bool elliptic;
  SeededEntropy entropy;
  OwnKey rootKey, caKey;
  OwnCert root, ca;
};

// One party's end: its policy and context.
struct Party {
  Identity identity;
  SetPolicy policy;
  kj::Own<TlsContext> tls;
  Party(kj::Timer& timer, Identity identityParam, const Hash& pin,
        kj::Duration handshakeMax = HANDSHAKE_MAX)
      : identity(kj::mv(identityParam)) {
    policy.pinned.insert(pin);
    TlsContext::Options options{timer, policy};
    options.self = share(identity);
    options.handshakeMax = handshakeMax;
    tls = kj::heap<TlsContext>(kj::mv(options));
  }
  Hash hash() const { return keyHash(*identity.key); }
};

struct Sockets { kj::Own<kj::AsyncIoStream> server, client; };

struct LinkWorld {
  explicit LinkWorld(bool elliptic = false) : fleet(1, elliptic) {}
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::Timer& timer = io.provider->getTimer();
  kj::WaitScope& wait = io.waitScope;
  Fleet fleet;
  Party parent{timer, fleet.identity("region:north"), keyHash(*fleet.root)};
  Party child{timer, fleet.identity("site:oslo/host1"), keyHash(*fleet.root)};
  kj::Own<TicketJar> jar = kj::refcounted<TicketJar>();

  Sockets sockets() {
    auto& network = io.provider->getNetwork();
    auto port = network.parseAddress("127.0.0.1:0").wait(wait)->listen();
    auto dialled = network.parseAddress("127.0.0.1", port->getPort()).wait(wait)->connect();
    auto accepted = port->accept().wait(wait);
    return {kj::mv(accepted), dialled.wait(wait)};
  }

  struct Streams { Secured server, client; };
  Streams dial(Party& dialler, Door door = Door::SESSION) {
    auto raw = sockets();
    auto accepted = parent.tls->accept(kj::mv(raw.server));
    auto connected = dialler.tls->connect(kj::mv(raw.client), door, *jar);
    auto client = connected.wait(wait);
    return {accepted.wait(wait), kj::mv(client)};
  }

  struct Outcome { std::string server, client; };
  // How each end fares when the dialler also tries its first read.
  Outcome refusal(Party& dialler, Door door = Door::SESSION) {
    auto raw = sockets();
    auto accepted = parent.tls->accept(kj::mv(raw.server)).then(
        [](Secured) { return kj::str("accepted"); },
        [](kj::Exception&& e) { return kj::str(e.getDescription()); });
    auto connected = dialler.tls->connect(kj::mv(raw.client), door, *jar)
        .then([](Secured s) -> kj::Promise<kj::String> {
      auto space = kj::heapArray<kj::byte>(1);
      auto read = s.stream->tryRead(space.begin(), 1, 1);
      return read.then([](size_t n) { return kj::str("read ", n); })
          .attach(kj::mv(s.stream), kj::mv(space));
    }).catch_([](kj::Exception&& e) { return kj::str(e.getDescription()); })
        .exclusiveJoin(timer.afterDelay(5 * kj::SECONDS).then([] { return kj::str("let in"); }));
    auto both = kj::joinPromises(kj::arr(kj::mv(accepted), kj::mv(connected))).wait(wait);
    return {text(both[0]), text(both[1])};
  }
};

inline bool has(std::string_view whole, std::string_view part) {
  return whole.find(part) != whole.npos;
}
#define CHECK_HAS(expression, part) \
  do { \
    std::string whole = text(kj::str(expression)); \
    CAPTURE(whole); \
    CHECK(skerry::has(whole, part)); \
  } while (false)

inline Bytes pattern(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; i++) bytes[i] = i * 31 + (i >> 8);
  return bytes;
}

template <typename T>
kj::String errorOf(kj::Promise<T> promise, kj::WaitScope& wait) {
  KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] { promise.wait(wait); })) {
    return kj::str(e->getDescription());
  }
  return kj::str("no error");
}

}  // namespace skerry
