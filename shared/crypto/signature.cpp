#include "shared/crypto/signature.h"
#include <kj/debug.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <algorithm>

namespace skerry {

namespace {

struct FreeDigest { void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); } };
using OwnDigest = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

Bytes toSign(std::string_view kind, BytesView body) {
  std::string prefix = "skerry/";
  prefix.append(kind).append("/1").push_back('\0');
  Bytes message(prefix.size() + body.size());
  auto after = std::copy(prefix.begin(), prefix.end(), message.begin());
  std::copy(body.begin(), body.end(), after);
  return message;
}

class KeySigner final : public Signer {
public:
  explicit KeySigner(OwnKey keyParam) : key(std::move(keyParam)) {
    KJ_REQUIRE(key != nullptr && EVP_PKEY_is_a(key.get(), "ED25519"), "a signer needs Ed25519");
  }

  Bytes sign(std::string_view kind, BytesView body) const override {
    OwnDigest context(EVP_MD_CTX_new());
    Bytes message = toSign(kind, body), signature(SIGNATURE_BYTES);
    size_t size = signature.size();
    KJ_ASSERT(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
    KJ_ASSERT(EVP_DigestSign(context.get(), signature.data(), &size, message.data(),
                             message.size()) == 1 && size == SIGNATURE_BYTES);
    return signature;
  }

  Bytes publicKey() const override { return skerry::publicKey(*key); }

private:
  OwnKey key;
};

}  // namespace

void FreeKey::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

OwnKey keyFromSeed(BytesView seed) {
  KJ_REQUIRE(seed.size() == SEED_BYTES, "an Ed25519 seed has 32 bytes", seed.size());
  OwnKey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.begin(), seed.size()));
  KJ_ASSERT(key != nullptr, "this OpenSSL has no Ed25519");
  return key;
}

Bytes publicKey(EVP_PKEY& key) {
  Bytes raw(PUBLIC_KEY_BYTES);
  size_t size = raw.size();
  KJ_REQUIRE(EVP_PKEY_get_raw_public_key(&key, raw.data(), &size) == 1 && size == raw.size(),
             "not an Ed25519 key");
  return raw;
}

std::unique_ptr<Signer> newSigner(OwnKey key) {
  return std::make_unique<KeySigner>(std::move(key));
}

bool verify(BytesView publicKey, std::string_view kind, BytesView body, BytesView signature) {
  if (publicKey.size() != PUBLIC_KEY_BYTES || signature.size() != SIGNATURE_BYTES) return false;
  // The queue of errors belongs to the thread: what a forgery leaves there would be taken for the
  // failure of whatever uses OpenSSL next.
  KJ_DEFER(ERR_clear_error());
  OwnKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, publicKey.begin(),
                                         publicKey.size()));
  if (key == nullptr) return false;
  OwnDigest context(EVP_MD_CTX_new());
  Bytes message = toSign(kind, body);
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.begin(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace skerry
