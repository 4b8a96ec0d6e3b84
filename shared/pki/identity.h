// A daemon's own credentials, and the folder `identity/` in its data folder that keeps them.
//
//   identity/device.key   PKCS#8 PEM, mode 0600; made once, outlives every certificate
//   identity/root.pem     the fleet's root certificate
//   identity/chain.pem    our certificate, then its issuers without the root; replaced by renewal
//
// A daemon is enrolled when chain.pem is there: it is written last. Other keys a tier owns (a CA's,
// a document's) lie beside them under their own names.
#pragma once
#include "shared/pki/certificate.h"
#include <kj/filesystem.h>

namespace skerry {

struct Identity {
  OwnKey key;                  // null: yet to enrol
  std::vector<OwnCert> chain;  // leaf first, without the root; empty: yet to enrol
  OwnCert root;                // null: yet to enrol
};
Identity share(const Identity& identity);

constexpr size_t KEY_FILE_BYTES_MAX = 16 << 10;
constexpr size_t CHAIN_FILE_BYTES_MAX = 64 << 10;

class IdentityFolder {
public:
  // `files` is the data folder; outlives this.
  explicit IdentityFolder(const kj::Directory& files) : files(files) {}

  bool isEnrolled() const;
  // Null when not enrolled. FAILED, naming the file and what to do, when a file is missing, damaged
  // or does not belong to the others.
  kj::Maybe<Identity> load() const;
  // Durable when it returns. The identity's key must be the leaf's.
  void save(const Identity& identity) const;
  // A renewal: replaces the chain only.
  void saveChain(const std::vector<OwnCert>& chain) const;

  // A key of this name ("device.key", "ca.key"), made from entropy and kept durably on first use: a
  // join that is tried again asks with the same key.
  OwnKey keyOrNew(kj::StringPtr name, Entropy& entropy) const;
  OwnKey key(kj::StringPtr name) const;  // null when there is none
  void saveKey(kj::StringPtr name, EVP_PKEY& key) const;
  std::vector<OwnCert> certificates(kj::StringPtr name) const;  // empty when there is no such file
  void saveCertificates(kj::StringPtr name, const std::vector<OwnCert>& certificates) const;
  // Erases everything (`leave --wipe`).
  void erase() const;

private:
  kj::Path path(kj::StringPtr name) const;

  const kj::Directory& files;
};

constexpr kj::StringPtr DEVICE_KEY = "device.key"_kj;

OwnKey newKey(Entropy& entropy);

}  // namespace skerry
