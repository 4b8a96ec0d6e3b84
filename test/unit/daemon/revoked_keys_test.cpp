#include "shared/daemon/revoked_keys.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

Hash keyOf(size_t number) { return sha256(view(std::to_string(number))); }

TEST_CASE("of very many revoked keys the oldest are forgotten") {
  RevokedKeys revoked("self");
  Batch rows;
  for (size_t i = 0; i < REVOKED_KEYS_MAX; i++) revoked.add(keyOf(i), rows);
  revoked.add(keyOf(0), rows);
  CHECK(revoked.contains(keyOf(0)));
  revoked.add(keyOf(REVOKED_KEYS_MAX), rows);
  CHECK(!revoked.contains(keyOf(0)));
  CHECK(revoked.contains(keyOf(1)));
  CHECK(revoked.contains(keyOf(REVOKED_KEYS_MAX)));
  CHECK(!revoked.contains(keyOf(REVOKED_KEYS_MAX + 1)));
}

}  // namespace
}  // namespace skerry
