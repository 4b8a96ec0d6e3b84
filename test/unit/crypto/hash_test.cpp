#include "shared/crypto/hash.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

TEST_CASE("SHA-256 agrees with the examples of FIPS 180-4") {
  CHECK(sha256(view("")).hex() ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256(view("abc")).hex() ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256(view("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).hex() ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256(view(std::string(1000000, 'a'))).hex() ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("pieces hash as if they were one") {
  Sha256 pieces;
  pieces.add("ab").add("").add(view(Bytes{'c'}));
  CHECK(pieces.finish() == sha256(view("abc")));
}

TEST_CASE("a finished hash takes no more bytes") {
  Sha256 hash;
  hash.finish();
  CHECK_THROWS(hash.finish());
  CHECK_THROWS(hash.add("x"));
}

TEST_CASE("hashed bytes are counted, whole or in pieces") {
  uint64_t before = hashedBytes();
  sha256(view("12345"));
  Sha256 pieces;
  pieces.add("123").add("45678").finish();
  CHECK(hashedBytes() - before == 13);
}

TEST_CASE("a hash of another length is no hash") {
  auto hash = sha256(view("abc"));
  CHECK(Hash::from(hash.view()) == hash);
  CHECK(Hash::from(hash.view().slice(0, 31)).isZero());
  CHECK(Hash::from(nullptr).isZero());
}

}  // namespace
}  // namespace skerry
