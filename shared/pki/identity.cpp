#include "shared/pki/identity.h"
#include "shared/host/files.h"
#include "shared/pki/pem.h"
#include <kj/debug.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace skerry {

namespace {

constexpr kj::StringPtr FOLDER = "identity"_kj, ROOT = "root.pem"_kj, CHAIN = "chain.pem"_kj;

constexpr auto DAMAGED =
    "damaged or not ours; restore the data folder from a backup, or leave and join again";

}  // namespace

Identity share(const Identity& identity) {
  Identity copy;
  if (identity.key != nullptr) {
    EVP_PKEY_up_ref(identity.key.get());
    copy.key.reset(identity.key.get());
  }
  for (auto& certificate : identity.chain) copy.chain.push_back(share(*certificate));
  if (identity.root != nullptr) copy.root = share(*identity.root);
  return copy;
}

OwnKey newKey(Entropy& entropy) {
  kj::byte seed[SEED_BYTES];
  entropy.fill(seed);
  return keyFromSeed(seed);
}

kj::Path IdentityFolder::path(kj::StringPtr name) const { return kj::Path({FOLDER, name}); }

bool IdentityFolder::isEnrolled() const { return files.exists(path(CHAIN)); }

kj::Maybe<Identity> IdentityFolder::load() const {
  if (!isEnrolled()) return nullptr;
  Identity identity;
  identity.key = key(DEVICE_KEY);
  identity.chain = certificates(CHAIN);
  auto roots = certificates(ROOT);
  KJ_REQUIRE(identity.key != nullptr, "identity/device.key is missing: this folder cannot prove "
             "who it is; restore it from a backup, or leave and join again");
  KJ_REQUIRE(roots.size() == 1, "identity/root.pem must hold the one root certificate",
             roots.size(), DAMAGED);
  identity.root = std::move(roots[0]);
  KJ_REQUIRE(keyHash(*identity.chain[0]) == keyHash(*identity.key),
             "identity/chain.pem is not for identity/device.key", DAMAGED);
  return kj::mv(identity);
}

void IdentityFolder::save(const Identity& identity) const {
  KJ_REQUIRE(identity.key != nullptr && !identity.chain.empty() && identity.root != nullptr,
             "an identity is a key, a chain and a root");
  KJ_REQUIRE(keyHash(*identity.chain[0]) == keyHash(*identity.key),
             "the certificate is not for this key");
  saveKey(DEVICE_KEY, *identity.key);
  std::vector<OwnCert> root;
  root.push_back(share(*identity.root));
  saveCertificates(ROOT, root);
  saveChain(identity.chain);
}

void IdentityFolder::saveChain(const std::vector<OwnCert>& chain) const {
  saveCertificates(CHAIN, chain);
}

OwnKey IdentityFolder::keyOrNew(kj::StringPtr name, Entropy& entropy) const {
  auto kept = key(name);
  if (kept != nullptr) return kept;
  auto made = newKey(entropy);
  saveKey(name, *made);
  return made;
}

OwnKey IdentityFolder::key(kj::StringPtr name) const {
  auto content = readFile(files, path(name), KEY_FILE_BYTES_MAX);
  KJ_IF_MAYBE(pem, content) {
    KJ_DEFER(OPENSSL_cleanse(pem->data(), pem->size()));
    auto key = keyFromPem(view(*pem));
    KJ_REQUIRE(key != nullptr, "no private key can be read from this file", name, DAMAGED);
    return key;
  }
  return nullptr;
}

void IdentityFolder::saveKey(kj::StringPtr name, EVP_PKEY& key) const {
  auto pem = pemOf(key);
  KJ_DEFER(OPENSSL_cleanse(pem.data(), pem.size()));
  replaceDurably(files, path(name), view(pem),
                 kj::WriteMode::PRIVATE | kj::WriteMode::CREATE_PARENT);
}

std::vector<OwnCert> IdentityFolder::certificates(kj::StringPtr name) const {
  auto content = readFile(files, path(name), CHAIN_FILE_BYTES_MAX);
  KJ_IF_MAYBE(pem, content) {
    auto certificates = certificatesFromPem(view(*pem));
    KJ_REQUIRE(!certificates.empty(), "no certificates can be read from this file", name, DAMAGED);
    return certificates;
  }
  return {};
}

void IdentityFolder::saveCertificates(kj::StringPtr name,
                                      const std::vector<OwnCert>& certificates) const {
  KJ_REQUIRE(!certificates.empty() && certificates.size() <= CHAIN_CERTIFICATES_MAX);
  replaceDurably(files, path(name), view(pemOf(certificates)), kj::WriteMode::CREATE_PARENT);
}

void IdentityFolder::erase() const { files.tryRemove(kj::Path(FOLDER)); }

}  // namespace skerry
