#include "shared/crypto/hash.h"
#include <kj/debug.h>
#include <openssl/evp.h>
#include <algorithm>
#include <atomic>

namespace skerry {

namespace {

// Hashing also happens on the store's thread.
std::atomic<uint64_t> hashed{0};

EVP_MD_CTX* context(void* state) { return static_cast<EVP_MD_CTX*>(state); }

// Fetched once: looking an algorithm up by name costs more than hashing a short text.
const EVP_MD* algorithm() {
  static EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  KJ_ASSERT(fetched != nullptr, "this OpenSSL has no SHA-256");
  return fetched;
}

}  // namespace

Hash Hash::from(BytesView from) {
  Hash hash;
  if (from.size() == hash.bytes.size()) std::copy(from.begin(), from.end(), hash.bytes.begin());
  return hash;
}

Hash sha256(BytesView data) {
  Hash hash;
  KJ_ASSERT(EVP_Digest(data.begin(), data.size(), hash.bytes.data(), nullptr, algorithm(),
                       nullptr) == 1);
  hashed.fetch_add(data.size(), std::memory_order_relaxed);
  return hash;
}

Sha256::Sha256() : state(EVP_MD_CTX_new()) {
  KJ_ASSERT(state != nullptr && EVP_DigestInit_ex2(context(state), algorithm(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(context(state)); }

Sha256& Sha256::add(BytesView piece) {
  KJ_REQUIRE(state != nullptr, "bytes added after finish()");
  KJ_ASSERT(EVP_DigestUpdate(context(state), piece.begin(), piece.size()) == 1);
  hashed.fetch_add(piece.size(), std::memory_order_relaxed);
  return *this;
}

// OpenSSL would go on from a finished state without a word; without a state it cannot.
Hash Sha256::finish() {
  KJ_REQUIRE(state != nullptr, "finish() twice");
  Hash hash;
  KJ_ASSERT(EVP_DigestFinal_ex(context(state), hash.bytes.data(), nullptr) == 1);
  EVP_MD_CTX_free(context(state));
  state = nullptr;
  return hash;
}

uint64_t hashedBytes() { return hashed.load(std::memory_order_relaxed); }

}  // namespace skerry
