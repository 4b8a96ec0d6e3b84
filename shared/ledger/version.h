// A signed version of the orders half: the parent says by `root` what the whole half contains.
#pragma once
#include "shared/crypto/signature.h"
#include "shared/ledger/ids.h"

namespace skerry {

struct Version {
  std::string document;
  VersionId id;
  int64_t timeMs = 0;  // the parent's wall clock: shown, never decided by
  Hash root;
  bool operator==(const Version&) const = default;
};

// As it travels and is stored.
struct SignedVersion {
  Bytes body, signature;
  bool operator==(const SignedVersion&) const = default;
};

SignedVersion signVersion(const Version& version, const Signer& signer);
// Nothing unless `documentKey` (32 bytes) signed it and the body is a version.
std::optional<Version> openVersion(const SignedVersion& version, BytesView documentKey);

}  // namespace skerry
