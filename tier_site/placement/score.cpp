#include "tier_site/placement/score.h"

namespace skerry {
namespace {

using Wide = unsigned __int128;

constexpr int FRACTION_BITS = 32;

// log2 of a number above 0, in 2^-32: the integer part from its highest bit, each bit of the
// fraction from one squaring of the rest.
uint64_t log2Fixed(uint64_t number) {
  int leading = __builtin_clzll(number);
  uint64_t result = uint64_t(63 - leading) << FRACTION_BITS;
  uint64_t rest = number << leading;  // in [1, 2), as 2^-63
  for (int bit = FRACTION_BITS - 1; bit >= 0; --bit) {
    Wide square = Wide(rest) * rest >> 63;
    if (square >> 64 != 0) {
      result |= uint64_t(1) << bit;
      square >>= 1;
    }
    rest = uint64_t(square);
  }
  return result;
}

}  // namespace

bool Score::beats(const Score& other) const {
  Wide mine = Wide(weight) * other.distance, theirs = Wide(other.weight) * distance;
  return mine != theirs ? mine > theirs : host < other.host;
}

Score scoreOf(const InstanceId& slot, uint32_t host, uint32_t weight) {
  auto hash = Sha256().add(slot.str()).add("@" + std::to_string(host)).finish();
  uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | hash.bytes[i];
  constexpr uint64_t WHOLE = uint64_t(64) << FRACTION_BITS;
  return {WHOLE - log2Fixed(number == 0 ? 1 : number), weight, host};
}

}  // namespace skerry
