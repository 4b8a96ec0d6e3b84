// Ed25519 (RFC 8032) over `skerry/KIND/1\0` followed by the body as stored. The prefix keeps a
// signature made for one purpose from being shown for another. Verifiers never re-encode.
#pragma once
#include "shared/crypto/hash.h"
#include <memory>

typedef struct evp_pkey_st EVP_PKEY;

namespace skerry {

struct FreeKey { void operator()(EVP_PKEY* key) const; };
using OwnKey = std::unique_ptr<EVP_PKEY, FreeKey>;

constexpr size_t SEED_BYTES = 32, PUBLIC_KEY_BYTES = 32, SIGNATURE_BYTES = 64;

// The same seed gives the same key, so that a simulated host's keys follow from its entropy.
OwnKey keyFromSeed(BytesView seed);
// The 32 raw bytes.
Bytes publicKey(EVP_PKEY& key);

class Signer {
public:
  virtual ~Signer() noexcept(false) {}
  // 64 bytes. `kind` is a short word: "orders", "intent".
  virtual Bytes sign(std::string_view kind, BytesView body) const = 0;
  virtual Bytes publicKey() const = 0;
};
std::unique_ptr<Signer> newSigner(OwnKey key);

// False for any malformed key or signature; never throws.
bool verify(BytesView publicKey, std::string_view kind, BytesView body, BytesView signature);

}  // namespace skerry
