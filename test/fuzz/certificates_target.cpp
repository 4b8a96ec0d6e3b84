// Certificates and requests for them, as a stranger at the door shows them.
#include "shared/pki/chain.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/sample_fleet.h"

namespace skerry {
namespace {

struct Policy final : PeerPolicy {
  bool pins(const Hash& issuer) const override { return issuer == keyHash(*sampleFleet().root); }
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
      judgeChain(policy, door, end, chain, sampleFleet().root.get());
      auto alone = judgeChain(policy, door, end, chain, nullptr);
      // A fleet of one: whatever is accepted was issued by it.
      bool isOurs = false;
      for (auto* one : chain) isOurs |= keyHash(*one) == keyHash(*sampleFleet().root);
      mustHold(!alone.accepted() || isOurs, "nobody is let in without the root");
    }
  }
}

std::vector<Bytes> seeds() {
  Bytes whole, request, reversed;
  addPiece(whole, view(der(*sampleFleet().leaf)));
  addPiece(whole, view(der(*sampleFleet().ca)));
  Bytes withRoot = whole;
  addPiece(withRoot, view(der(*sampleFleet().root)));
  addPiece(request, view(makeRequest(*sampleFleet().leafKey)));
  addPiece(reversed, view(der(*sampleFleet().ca)));
  addPiece(reversed, view(der(*sampleFleet().leaf)));
  return {whole, withRoot, request, reversed};
}

FUZZ_TARGET("certificates", run, seeds);

}  // namespace
}  // namespace skerry
