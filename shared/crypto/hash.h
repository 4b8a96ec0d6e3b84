// SHA-256 (FIPS 180-4): the only hash of the product.
#pragma once
#include "shared/crypto/bytes.h"
#include <array>
#include <compare>

namespace skerry {

struct Hash {
  std::array<uint8_t, 32> bytes{};
  bool operator==(const Hash&) const = default;
  std::strong_ordering operator<=>(const Hash&) const = default;
  BytesView view() const { return {bytes.data(), bytes.size()}; }
  std::string hex() const { return skerry::hex(view()); }
  bool isZero() const { return *this == Hash(); }
  // All zeros when `from` is not 32 bytes.
  static Hash from(BytesView from);
};

Hash sha256(BytesView data);

// Several pieces as if they were one.
class Sha256 {
public:
  Sha256();
  ~Sha256();
  KJ_DISALLOW_COPY(Sha256);
  Sha256& add(BytesView piece);
  Sha256& add(std::string_view piece) { return add(skerry::view(piece)); }
  Hash finish();

private:
  void* state;
};

// Bytes hashed by this process so far: lets a test state what an edit costs.
uint64_t hashedBytes();

}  // namespace skerry
