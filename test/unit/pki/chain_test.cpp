#include "shared/pki/chain.h"
#include "test/sim/seeded_entropy.h"
#include <doctest/doctest.h>
#include <set>

namespace skerry {
namespace {

constexpr int64_t NOW_MS = 1'700'000'000'000;

OwnKey keyOf(uint8_t seed) { return keyFromSeed(view(Bytes(SEED_BYTES, seed))); }

struct Policy final : PeerPolicy {
  std::set<Hash> pinned, registered, revoked;
  int64_t now = NOW_MS;
  bool pins(const Hash& issuer) const override { return pinned.contains(issuer); }
  bool ignoresDates(Door, const Hash& leaf) const override { return registered.contains(leaf); }
  bool isRevoked(const Hash& key) const override { return revoked.contains(key); }
  int64_t nowMs() const override { return now; }
};

struct Fleet {
  SeededEntropy entropy{1};
  OwnKey rootKey = keyOf(1), regionKey = keyOf(2), hostKey = keyOf(3);
  OwnCert root = issueRoot(*rootKey, "fleet:acme", NOW_MS, entropy);
  OwnCert region =
      issueIntermediate({*root, *rootKey}, *regionKey, "region-ca:north", NOW_MS, entropy);
  OwnCert host = issueLeaf({*region, *regionKey}, *hostKey, "site:a/b", NOW_MS, entropy);
  Policy policy;
  std::vector<X509*> chain{host.get(), region.get()};

  Fleet() { policy.pinned.insert(keyHash(*root)); }
  Verdict judge(Door door = Door::SESSION, End us = End::LISTENER) {
    return judgeChain(policy, door, us, chain, root.get());
  }
};

TEST_CASE("a chain that leads to our root is accepted by either end") {
  Fleet f;
  CHECK(f.judge().reason == "");
  CHECK(f.judge(Door::SESSION, End::DIALLER).reason == "");
}

TEST_CASE("a chain must be whole, of our root, and pinned") {
  Fleet f;
  f.chain = {};
  CHECK_FALSE(f.judge().accepted());
  f.chain = {f.host.get()};
  CHECK(f.judge().reason.find("unable to get local issuer") != std::string::npos);
  f.chain = {f.host.get(), f.region.get()};
  f.policy.pinned.clear();
  CHECK(f.judge().reason == "no issuer is one we know by its key");
  auto otherKey = keyOf(7);
  auto other = issueRoot(*otherKey, "fleet:acme", NOW_MS, f.entropy);
  f.policy.pinned.insert(keyHash(*f.root));
  CHECK_FALSE(judgeChain(f.policy, Door::SESSION, End::LISTENER, f.chain, other.get()).accepted());
  CHECK_FALSE(judgeChain(f.policy, Door::SESSION, End::LISTENER, f.chain, nullptr).accepted());
}

TEST_CASE("a pinned leaf does not vouch for itself") {
  Fleet f;
  f.policy.pinned = {keyHash(*f.host)};
  CHECK_FALSE(f.judge().accepted());
  f.policy.pinned = {keyHash(*f.root)};
  f.chain = {f.root.get()};
  CHECK_FALSE(f.judge(Door::ENROLL, End::DIALLER).accepted());
}

TEST_CASE("a leaf cannot issue, nor a region's intermediate another issuer") {
  Fleet f;
  auto key = keyOf(8);
  auto below = issueLeaf({*f.host, *f.hostKey}, *key, "central", NOW_MS, f.entropy);
  f.chain = {below.get(), f.host.get(), f.region.get()};
  CHECK_FALSE(f.judge().accepted());
  auto second =
      issueIntermediate({*f.region, *f.regionKey}, *key, "region-ca:x", NOW_MS, f.entropy);
  auto deep = issueLeaf({*second, *key}, *f.hostKey, "site:a/b", NOW_MS, f.entropy);
  f.chain = {deep.get(), second.get(), f.region.get()};
  CHECK(f.judge().reason.find("path length") != std::string::npos);
}

TEST_CASE("an issuing certificate is no peer's certificate") {
  Fleet f;
  f.chain = {f.region.get()};
  CHECK_FALSE(f.judge().accepted());
}

TEST_CASE("revocation counts for the leaf, its issuer and the root") {
  for (int which : {0, 1, 2}) {
    Fleet f;
    EVP_PKEY* keys[] = {f.hostKey.get(), f.regionKey.get(), f.rootKey.get()};
    f.policy.revoked.insert(keyHash(*keys[which]));
    CAPTURE(which);
    CHECK(f.judge().reason.find("revoked") != std::string::npos);
  }
}

TEST_CASE("the leaf alone shows that it, or its issuer, was revoked since") {
  Fleet f;
  CHECK(judgeLeaf(f.policy, Door::SESSION, leafOf(*f.host)).accepted());
  f.policy.revoked = {keyHash(*f.regionKey)};
  auto verdict = judgeLeaf(f.policy, Door::SESSION, leafOf(*f.host));
  CHECK(verdict.reason.find("issuer") != std::string::npos);
  f.policy.revoked = {keyHash(*f.hostKey)};
  CHECK_FALSE(judgeLeaf(f.policy, Door::SESSION, leafOf(*f.host)).accepted());
}

TEST_CASE("dates are judged by the policy's clock, unless the key is registered") {
  for (int64_t offset : {-10 * 365 * DAY_MS, -2 * DAY_MS, 31 * DAY_MS, 50 * 365 * DAY_MS}) {
    Fleet f;
    f.policy.now = NOW_MS + offset;
    CAPTURE(offset);
    CHECK_FALSE(f.judge().accepted());
    CHECK_FALSE(judgeLeaf(f.policy, Door::SESSION, leafOf(*f.host)).accepted());
    f.policy.registered.insert(keyHash(*f.host));
    CHECK(f.judge().accepted());
    CHECK(judgeLeaf(f.policy, Door::SESSION, leafOf(*f.host)).accepted());
  }
}

TEST_CASE("an issuer's dates count too, and not to have begun is told as to have ended") {
  Fleet f;
  f.policy.now = NOW_MS + 10 * 365 * DAY_MS;
  auto young = issueLeaf({*f.root, *f.rootKey}, *f.hostKey, "site:a/b", f.policy.now, f.entropy);
  f.chain = {young.get()};
  CHECK(f.judge().accepted());
  f.policy.now = NOW_MS;
  CHECK(f.judge().reason.find("not yet valid") != std::string::npos);
  CHECK(f.judge().told() == TOLD_EXPIRED);
  f.policy.now = NOW_MS + 21 * 365 * DAY_MS;
  CHECK(f.judge().told() == TOLD_EXPIRED);
  // The leaf is good, its issuer is not.
  Fleet g;
  auto old = issueIntermediate({*g.root, *g.rootKey}, *g.regionKey, "region-ca:north",
                               NOW_MS - 4 * 365 * DAY_MS, g.entropy);
  g.chain = {g.host.get(), old.get()};
  CHECK(judgeLeaf(g.policy, Door::SESSION, leafOf(*g.host)).accepted());
  CHECK(g.judge().told() == TOLD_EXPIRED);
}

TEST_CASE("who knows only what has passed objects to what has ended, not to what has not begun") {
  struct Floor final : PeerPolicy {
    Hash root;
    int64_t floor = 0;
    bool pins(const Hash& issuer) const override { return issuer == root; }
    bool ignoresDates(Door, const Hash&) const override { return false; }
    bool isRevoked(const Hash&) const override { return false; }
    int64_t nowMs() const override { return floor; }
    bool knowsOnlyAFloor() const override { return true; }
  };
  Fleet f;
  Floor policy;
  policy.root = keyHash(*f.root);
  auto judge = [&] {
    return judgeChain(policy, Door::SESSION, End::DIALLER, f.chain, f.root.get());
  };
  CHECK(judge().accepted());
  policy.floor = NOW_MS;
  CHECK(judge().accepted());
  policy.floor = NOW_MS + 31 * DAY_MS;
  CHECK(judge().told() == TOLD_EXPIRED);
}

TEST_CASE("a joiner accepts the chain that ends, with the server's own root, in the pinned key") {
  Fleet f;
  JoinerPolicy joiner(keyHash(*f.root)), stranger(keyHash(*f.hostKey));
  f.chain.push_back(f.root.get());
  auto judge = [&](const PeerPolicy& policy, Door door) {
    return judgeChain(policy, door, End::DIALLER, f.chain, nullptr);
  };
  CHECK(judge(joiner, Door::ENROLL).reason == "");
  CHECK_FALSE(judge(joiner, Door::SESSION).accepted());
  CHECK(judge(stranger, Door::ENROLL).reason.find("root key") != std::string::npos);
  f.chain.pop_back();
  CHECK_FALSE(judge(joiner, Door::ENROLL).accepted());
}

TEST_CASE("a forged root of the same name does not pass for the pinned one") {
  Fleet f;
  auto forgedKey = keyOf(66);
  auto forged = issueRoot(*forgedKey, "fleet:acme", NOW_MS, f.entropy);
  auto leaf = issueLeaf({*forged, *forgedKey}, *f.hostKey, "central", NOW_MS, f.entropy);
  JoinerPolicy joiner(keyHash(*f.root));
  std::vector<X509*> chain{leaf.get(), forged.get()};
  CHECK_FALSE(judgeChain(joiner, Door::ENROLL, End::DIALLER, chain, nullptr).accepted());
  chain.push_back(f.root.get());  // the true root added for show
  CHECK_FALSE(judgeChain(joiner, Door::ENROLL, End::DIALLER, chain, nullptr).accepted());
}

}  // namespace
}  // namespace skerry
