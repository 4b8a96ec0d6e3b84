// Certificates and requests for them, as a stranger at the door shows them.
#include "shared/pki/chain.h"
#include "test/fuzz/fuzz.h"
#include "test/sim/seeded_entropy.h"

namespace skerry {
namespace {

constexpr int64_t FUZZ_NOW_MS = 1'700'000'000'000;

struct Fleet {
  SeededEntropy entropy{1};
  OwnKey rootKey, caKey, leafKey;
  OwnCert root, ca, leaf;
  Fleet() {
    auto key = [this] {
      Bytes seed(SEED_BYTES);
      entropy.fill(kj::arrayPtr(seed.data(), seed.size()));
      return keyFromSeed(view(seed));
    };
    rootKey = key();
    caKey = key();
    leafKey = key();
    root = issueRoot(*rootKey, "fleet:test", FUZZ_NOW_MS, entropy);
    ca = issueIntermediate({*root, *rootKey}, *caKey, "region-ca:north", FUZZ_NOW_MS, entropy);
    leaf = issueLeaf({*ca, *caKey}, *leafKey, "site:oslo/host1", FUZZ_NOW_MS, entropy);
  }
};
const Fleet& fleet() {
  static const Fleet made;
  return made;
}

struct Policy final : PeerPolicy {
  bool pins(const Hash& issuer) const override { return issuer == keyHash(*fleet().root); }
  bool ignoresDates(Door, const Hash&) const override { return false; }
  bool isRevoked(const Hash&) const override { return false; }
  int64_t nowMs() const override { return FUZZ_NOW_MS; }
};

void look(X509& certificate) {
  commonName(certificate);
  keyHash(certificate);
  issuerKeyHash(certificate);
  rawPublicKey(certificate);
  isSelfSigned(certificate);
  validity(certificate).contains(FUZZ_NOW_MS);
  der(certificate);
}

void run(BytesView input) {
  FuzzInput rest(input);
  std::vector<OwnCert> kept;
  std::vector<X509*> chain;
  while (!rest.empty() && chain.size() < CHAIN_CERTIFICATES_MAX) {
    auto piece = rest.piece();
    if (auto key = keyOfRequest(piece)) keyHash(*key);
    auto certificate = certificateFromDer(piece);
    if (certificate == nullptr) continue;
    mayRefuse([&] { look(*certificate); });
    chain.push_back(certificate.get());
    kept.push_back(kj::mv(certificate));
  }
  Policy policy;
  for (auto door : DOORS) {
    for (auto end : {End::DIALLER, End::LISTENER}) {
      judgeChain(policy, door, end, chain, fleet().root.get());
      auto alone = judgeChain(policy, door, end, chain, nullptr);
      // A fleet of one: whatever is accepted was issued by it.
      bool isOurs = false;
      for (auto* one : chain) isOurs |= keyHash(*one) == keyHash(*fleet().root);
      mustHold(!alone.accepted() || isOurs, "nobody is let in without the root");
    }
  }
}

std::vector<Bytes> seeds() {
  Bytes whole, request, reversed;
  addPiece(whole, view(der(*fleet().leaf)));
  addPiece(whole, view(der(*fleet().ca)));
  Bytes withRoot = whole;
  addPiece(withRoot, view(der(*fleet().root)));
  addPiece(request, view(makeRequest(*fleet().leafKey)));
  addPiece(reversed, view(der(*fleet().ca)));
  addPiece(reversed, view(der(*fleet().leaf)));
  return {whole, withRoot, request, reversed};
}

FUZZ_TARGET("certificates", run, seeds);

}  // namespace
}  // namespace skerry
