// A fleet's certificates, the same in every run: what targets that judge certificates start from.
#pragma once
#include "shared/pki/certificate.h"
#include "test/sim/seeded_entropy.h"

namespace skerry {

constexpr int64_t FUZZ_NOW_MS = 1'700'000'000'000;

struct SampleFleet {
  SeededEntropy entropy{1};
  OwnKey rootKey, caKey, leafKey;
  OwnCert root, ca, leaf;
  SampleFleet() {
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

inline const SampleFleet& sampleFleet() {
  static const SampleFleet made;
  return made;
}

}  // namespace skerry
