#include "shared/crypto/signature.h"
#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/evp.h>

namespace skerry {
namespace {

Bytes fromHex(std::string_view digits) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// RFC 8032 section 7.1, tests 1 to 3.
struct Vector { const char *seed, *key, *message, *signature; };
constexpr Vector VECTORS[] = {
  {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
   "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
   "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
   "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
  {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
   "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
   "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
   "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
  {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
   "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
   "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
   "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

// The product never signs without a prefix, so the vectors are checked on the keys it makes.
Bytes signBare(EVP_PKEY* key, const Bytes& message) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  Bytes signature(SIGNATURE_BYTES);
  size_t size = signature.size();
  CHECK(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1);
  CHECK(EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()) == 1);
  EVP_MD_CTX_free(context);
  return signature;
}

TEST_CASE("keys made from a seed agree with RFC 8032") {
  for (auto& vector : VECTORS) {
    auto key = keyFromSeed(view(fromHex(vector.seed)));
    CHECK(hex(view(publicKey(*key))) == vector.key);
    CHECK(hex(view(signBare(key.get(), fromHex(vector.message)))) == vector.signature);
  }
}

TEST_CASE("what is signed is the prefix, the kind, a zero and the body") {
  auto key = keyFromSeed(view(fromHex(VECTORS[0].seed)));
  Bytes whole = copy(view("skerry/orders/1"));
  whole.push_back(0);
  whole.push_back('x');
  auto expected = signBare(key.get(), whole);
  CHECK(newSigner(std::move(key))->sign("orders", view("x")) == expected);
}

struct Signed {
  std::unique_ptr<Signer> signer = newSigner(keyFromSeed(view(Bytes(32, 7))));
  Bytes key = signer->publicKey(), body = copy(view("the body")),
        signature = signer->sign("intent", view(body));
};

TEST_CASE("a signature verifies for its key, kind and body only") {
  Signed s;
  CHECK(verify(view(s.key), "intent", view(s.body), view(s.signature)));
  CHECK_FALSE(verify(view(s.key), "orders", view(s.body), view(s.signature)));
  CHECK_FALSE(verify(view(s.key), "intent", view("the bode"), view(s.signature)));
  auto other = newSigner(keyFromSeed(view(Bytes(32, 8))))->publicKey();
  CHECK_FALSE(verify(view(other), "intent", view(s.body), view(s.signature)));
  for (size_t bit = 0; bit < s.signature.size() * 8; bit++) {
    auto damaged = s.signature;
    damaged[bit / 8] ^= 1 << bit % 8;
    REQUIRE_FALSE(verify(view(s.key), "intent", view(s.body), view(damaged)));
  }
}

TEST_CASE("malformed keys and signatures are false, and leave no error behind") {
  Signed s;
  auto cut = s.signature;
  cut.pop_back();
  CHECK_FALSE(verify(view(s.key), "intent", view(s.body), view(cut)));
  CHECK_FALSE(verify(view(s.key), "intent", view(s.body), nullptr));
  CHECK_FALSE(verify(nullptr, "intent", view(s.body), view(s.signature)));
  CHECK_FALSE(verify(view(Bytes(31, 1)), "intent", view(s.body), view(s.signature)));
  CHECK_FALSE(verify(view(Bytes(32, 0xff)), "intent", view(s.body), view(s.signature)));
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("a seed of the wrong size and a key of another kind are the caller's fault") {
  CHECK_THROWS(keyFromSeed(view(Bytes(31, 1))));
  OwnKey elliptic(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  CHECK_THROWS(publicKey(*elliptic));
  CHECK_THROWS(newSigner(std::move(elliptic)));
  CHECK_THROWS(newSigner(nullptr));
}

}  // namespace
}  // namespace skerry
