#include "shared/pki/certificate.h"
#include "test/sim/seeded_entropy.h"
#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

namespace skerry {
namespace {

constexpr int64_t NOW_MS = 1'700'000'000'000;

OwnKey keyOf(uint8_t seed) { return keyFromSeed(view(Bytes(SEED_BYTES, seed))); }

struct Fleet {
  SeededEntropy entropy{1};
  OwnKey rootKey = keyOf(1), regionKey = keyOf(2), hostKey = keyOf(3);
  OwnCert root = issueRoot(*rootKey, "fleet:acme", NOW_MS, entropy);
  OwnCert region =
      issueIntermediate({*root, *rootKey}, *regionKey, "region-ca:north", NOW_MS, entropy);
  OwnCert host =
      issueLeaf({*region, *regionKey}, *hostKey, "site:oslo-0012/host1", NOW_MS, entropy);
};

TEST_CASE("certificates carry the names, keys, dates and uses they were issued for") {
  Fleet f;
  CHECK(commonName(*f.host) == "site:oslo-0012/host1");
  CHECK(keyHash(*f.host) == keyHash(*f.hostKey));
  CHECK(issuerKeyHash(*f.host) == keyHash(*f.regionKey));
  CHECK(rawPublicKey(*f.host) == publicKey(*f.hostKey));
  CHECK(isSelfSigned(*f.root));
  CHECK_FALSE(isSelfSigned(*f.region));
  CHECK(validity(*f.host).fromMs == NOW_MS - BACKDATE_MS);
  CHECK(validity(*f.host).untilMs == NOW_MS + LEAF_LIFE_MS);
  CHECK(validity(*f.region).untilMs == NOW_MS + REGION_CA_LIFE_MS);
  CHECK(validity(*f.root).untilMs == NOW_MS + ROOT_LIFE_MS);
  CHECK(X509_check_host(f.host.get(), "host1.oslo-0012.site.skerry", 0, 0, nullptr) == 1);
  CHECK(X509_check_purpose(f.host.get(), X509_PURPOSE_SSL_CLIENT, 0) == 1);
  CHECK(X509_check_purpose(f.host.get(), X509_PURPOSE_SSL_SERVER, 0) == 1);
  CHECK(X509_check_ca(f.host.get()) == 0);
  CHECK(X509_check_ca(f.region.get()) == 1);
  CHECK(X509_get_pathlen(f.region.get()) == 0);
  CHECK((X509_get_key_usage(f.region.get()) & KU_KEY_CERT_SIGN) != 0);
  CHECK((X509_get_key_usage(f.host.get()) & KU_KEY_CERT_SIGN) == 0);
}

TEST_CASE("equal entropy issues equal certificates, and serial numbers differ within a sequence") {
  Fleet one, two;
  CHECK(der(*one.host) == der(*two.host));
  auto again = issueLeaf({*one.region, *one.regionKey}, *one.hostKey, "site:oslo-0012/host1",
                         NOW_MS, one.entropy);
  CHECK(der(*again) != der(*one.host));
}

TEST_CASE("nothing outlives its issuer") {
  Fleet f;
  auto late = issueLeaf({*f.region, *f.regionKey}, *f.hostKey, "site:a/b",
                        NOW_MS + REGION_CA_LIFE_MS - DAY_MS, f.entropy);
  CHECK(validity(*late).untilMs == validity(*f.region).untilMs);
}

TEST_CASE("dates after 2049 and names beyond 64 bytes are kept") {
  Fleet f;
  constexpr int64_t IN_2060_MS = 2'840'140'800'000;
  auto root = issueRoot(*f.rootKey, "fleet:later", IN_2060_MS, f.entropy);
  CHECK(validity(*root).fromMs == IN_2060_MS - BACKDATE_MS);
  std::string name = "site:" + std::string(63, 's') + "/" + std::string(63, 'h');
  auto leaf = issueLeaf({*f.region, *f.regionKey}, *f.hostKey, name, NOW_MS, f.entropy);
  CHECK(commonName(*leaf) == name);
  CHECK_THROWS(issueLeaf({*f.region, *f.regionKey}, *f.hostKey, std::string(161, 'x'), NOW_MS,
                         f.entropy));
}

TEST_CASE("alternative names are host names whatever the name holds") {
  CHECK(dnsName("central") == "central.skerry");
  CHECK(dnsName("region:north") == "north.region.skerry");
  CHECK(dnsName("site:oslo-0012/host1") == "host1.oslo-0012.site.skerry");
  CHECK(dnsName("user:Kari@x,DNS:evil") == "kari-x-dns-evil.user.skerry");
}

TEST_CASE("certificates of one moment are due spread over a tenth of their life") {
  Fleet f;
  constexpr int COUNT = 200;
  constexpr int64_t LIFE_MS = LEAF_LIFE_MS + BACKDATE_MS;
  constexpr int64_t FIRST_MS = NOW_MS - BACKDATE_MS + LIFE_MS / 2;
  int tenths[10] = {};
  for (int i = 0; i < COUNT; i++) {
    auto leaf = issueLeaf({*f.region, *f.regionKey}, *f.hostKey, "site:a/b", NOW_MS, f.entropy);
    auto due = renewalDueMs(*leaf);
    CHECK(renewalDueMs(*certificateFromDer(view(der(*leaf)))) == due);
    REQUIRE(due >= FIRST_MS);
    REQUIRE(due < FIRST_MS + LIFE_MS / 10);
    tenths[(due - FIRST_MS) * 100 / LIFE_MS]++;
  }
  for (auto count : tenths) CHECK(count >= COUNT / 10 / 4);
  CHECK(issuedMs(*f.host) == NOW_MS);
}

TEST_CASE("DER is read back as it was, and nothing else is read") {
  Fleet f;
  auto bytes = der(*f.host);
  auto read = certificateFromDer(view(bytes));
  REQUIRE(read != nullptr);
  CHECK(der(*read) == bytes);
  bytes.push_back(0);
  CHECK(certificateFromDer(view(bytes)) == nullptr);
  CHECK(certificateFromDer(view(bytes).slice(0, bytes.size() - 2)) == nullptr);
  CHECK(certificateFromDer(view(Bytes(CERTIFICATE_BYTES_MAX + 1, 0x30))) == nullptr);
  CHECK(certificateFromDer(nullptr) == nullptr);
}

TEST_CASE("a request gives its key only if that key signed it") {
  for (bool elliptic : {false, true}) {
    OwnKey key = elliptic ? OwnKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")) : keyOf(9);
    auto request = makeRequest(*key);
    auto found = keyOfRequest(view(request));
    REQUIRE(found != nullptr);
    CHECK(keyHash(*found) == keyHash(*key));
    for (size_t at = 0; at < request.size(); at++) {
      auto damaged = request;
      damaged[at] ^= 1;
      CAPTURE(at);
      CHECK(keyOfRequest(view(damaged)) == nullptr);
    }
    request.push_back(0);
    CHECK(keyOfRequest(view(request)) == nullptr);
  }
  CHECK(keyOfRequest(nullptr) == nullptr);
}

TEST_CASE("a key too weak for a certificate is not taken from a request") {
  OwnKey weak(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t(1024)));
  CHECK(keyOfRequest(view(makeRequest(*weak))) == nullptr);
}

}  // namespace
}  // namespace skerry
