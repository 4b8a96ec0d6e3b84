#include "shared/pki/certificate.h"
#include "shared/pki/openssl_errors.h"
#include <kj/debug.h>
#include <kj/vector.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <algorithm>
#include <cctype>
#include <ctime>

namespace skerry {

namespace {

constexpr size_t SERIAL_BYTES = 16;
constexpr int SECURITY_BITS_MIN = 112;

struct FreeRequest { void operator()(X509_REQ* request) const { X509_REQ_free(request); } };
using OwnRequest = std::unique_ptr<X509_REQ, FreeRequest>;

// Ed25519 hashes by itself and takes no digest.
const EVP_MD* digestFor(EVP_PKEY& key) {
  return EVP_PKEY_is_a(&key, "ED25519") ? nullptr : EVP_sha256();
}

void addExtension(X509& certificate, int nid, const std::string& value) {
  auto extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  KJ_ASSERT(extension != nullptr, value.c_str(), opensslErrors());
  KJ_DEFER(X509_EXTENSION_free(extension));
  KJ_ASSERT(X509_add_ext(&certificate, extension, -1) == 1, opensslErrors());
}

// Names the issuer's key by our own hash of it, so that a leaf alone tells whose it is.
void addIssuerKey(X509& certificate, const Hash& issuer) {
  AUTHORITY_KEYID* id = AUTHORITY_KEYID_new();
  KJ_DEFER(AUTHORITY_KEYID_free(id));
  id->keyid = ASN1_OCTET_STRING_new();
  KJ_ASSERT(ASN1_OCTET_STRING_set(id->keyid, issuer.bytes.data(), issuer.bytes.size()) == 1);
  KJ_ASSERT(X509_add1_ext_i2d(&certificate, NID_authority_key_identifier, id, 0,
                              X509V3_ADD_DEFAULT) == 1, opensslErrors());
}

void setSerial(X509& certificate, Entropy& entropy) {
  kj::byte serial[SERIAL_BYTES];
  entropy.fill(serial);
  serial[0] = (serial[0] & 0x7f) | 0x40;  // positive, and of constant length
  BIGNUM* number = BN_bin2bn(serial, sizeof(serial), nullptr);
  KJ_DEFER(BN_free(number));
  KJ_ASSERT(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(&certificate)) != nullptr);
}

void setValidity(X509& certificate, const Validity& range) {
  KJ_REQUIRE(ASN1_TIME_set(X509_getm_notBefore(&certificate), range.fromMs / 1000) != nullptr &&
             ASN1_TIME_set(X509_getm_notAfter(&certificate), range.untilMs / 1000) != nullptr,
             "no certificate can hold these dates: is this machine's clock right?",
             range.fromMs, range.untilMs);
}

void setName(X509& certificate, std::string_view name) {
  KJ_REQUIRE(name.size() > 0 && name.size() <= NAME_BYTES_MAX,
             "a certificate's name has 1 to NAME_BYTES_MAX bytes", name.size());
  // Not MBSTRING_UTF8, which enforces 64 bytes.
  KJ_ASSERT(X509_NAME_add_entry_by_NID(
      X509_get_subject_name(&certificate), NID_commonName, V_ASN1_UTF8STRING,
      reinterpret_cast<const kj::byte*>(name.data()), name.size(), -1, 0) == 1, opensslErrors());
}

struct Extensions { const char *constraints, *uses; };

// Self-signed when `issuer` is null.
OwnCert issue(const Issuer* issuer, EVP_PKEY& subject, std::string_view name, Validity range,
              const Extensions& extensions, bool isLeaf, Entropy& entropy) {
  OwnCert made(X509_new());
  KJ_ASSERT(made != nullptr && X509_set_version(made.get(), 2) == 1);
  setSerial(*made, entropy);
  setValidity(*made, range);
  setName(*made, name);
  KJ_REQUIRE(X509_set_pubkey(made.get(), &subject) == 1, "unusable key", opensslErrors());
  X509& parent = issuer == nullptr ? *made : issuer->certificate;
  EVP_PKEY& signer = issuer == nullptr ? subject : issuer->key;
  KJ_ASSERT(X509_set_issuer_name(made.get(), X509_get_subject_name(&parent)) == 1);
  addExtension(*made, NID_basic_constraints, extensions.constraints);
  addExtension(*made, NID_key_usage, extensions.uses);
  if (isLeaf) {
    addExtension(*made, NID_ext_key_usage, "serverAuth,clientAuth");
    addExtension(*made, NID_subject_alt_name, "DNS:" + dnsName(name));
  }
  addExtension(*made, NID_subject_key_identifier, keyHash(subject).hex());
  addIssuerKey(*made, keyHash(parent));
  KJ_REQUIRE(X509_sign(made.get(), &signer, digestFor(signer)) > 0, "the issuer's key cannot sign",
             opensslErrors());
  return made;
}

int64_t toMs(const ASN1_TIME* time) {
  tm parts;
  KJ_REQUIRE(ASN1_TIME_to_tm(time, &parts) == 1, "certificate with an unreadable date");
  return int64_t(timegm(&parts)) * 1000;
}

Validity issuedNow(const X509& issuer, int64_t nowMs, int64_t lifeMs) {
  return {nowMs - BACKDATE_MS,
          std::min(nowMs + lifeMs, validity(const_cast<X509&>(issuer)).untilMs)};
}

template <typename Encode, typename T>
Bytes encode(Encode i2d, T* value) {
  kj::byte* made = nullptr;
  int size = i2d(value, &made);
  KJ_REQUIRE(size > 0, "cannot be written as DER", opensslErrors());
  KJ_DEFER(OPENSSL_free(made));
  return Bytes(made, made + size);
}

}  // namespace

kj::String opensslErrors() {
  kj::Vector<kj::String> lines;
  while (auto code = ERR_get_error()) {
    char line[256];
    ERR_error_string_n(code, line, sizeof(line));
    lines.add(kj::heapString(line));
  }
  return kj::strArray(lines, "; ");
}

void FreeCert::operator()(X509* certificate) const { X509_free(certificate); }

OwnCert share(X509& certificate) {
  X509_up_ref(&certificate);
  return OwnCert(&certificate);
}

OwnCert issueRoot(EVP_PKEY& key, std::string_view name, int64_t nowMs, Entropy& entropy) {
  Extensions extensions{"critical,CA:TRUE", "critical,keyCertSign,cRLSign,digitalSignature"};
  return issue(nullptr, key, name, {nowMs - BACKDATE_MS, nowMs + ROOT_LIFE_MS}, extensions, false,
               entropy);
}

OwnCert issueIntermediate(const Issuer& issuer, EVP_PKEY& subject, std::string_view name,
                          int64_t nowMs, Entropy& entropy) {
  Extensions extensions{"critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign"};
  return issue(&issuer, subject, name, issuedNow(issuer.certificate, nowMs, REGION_CA_LIFE_MS),
               extensions, false, entropy);
}

OwnCert issueLeaf(const Issuer& issuer, EVP_PKEY& subject, std::string_view name, int64_t nowMs,
                  Entropy& entropy, int64_t lifeMs) {
  Extensions extensions{"critical,CA:FALSE", "critical,digitalSignature"};
  return issue(&issuer, subject, name, issuedNow(issuer.certificate, nowMs, lifeMs),
               extensions, true, entropy);
}

std::string dnsName(std::string_view name) {
  auto label = [](std::string_view from) {
    std::string made;
    for (unsigned char c : from) {
      bool kept = std::isalnum(c) || c == '.';
      made += kept ? char(std::tolower(c)) : '-';
    }
    return made;
  };
  auto colon = name.find(':');
  std::string result = label(name.substr(0, colon)) + ".skerry";
  if (colon == name.npos) return result;
  for (auto rest = name.substr(colon + 1);;) {
    auto slash = rest.find('/');
    result = label(rest.substr(0, slash)) + "." + result;
    if (slash == rest.npos) return result;
    rest = rest.substr(slash + 1);
  }
}

Bytes makeRequest(EVP_PKEY& key) {
  OwnRequest request(X509_REQ_new());
  KJ_ASSERT(X509_REQ_set_version(request.get(), 0) == 1);
  KJ_REQUIRE(X509_REQ_set_pubkey(request.get(), &key) == 1 &&
             X509_REQ_sign(request.get(), &key, digestFor(key)) > 0,
             "this key cannot sign a request", opensslErrors());
  return encode(i2d_X509_REQ, request.get());
}

OwnKey keyOfRequest(BytesView request) {
  KJ_DEFER(ERR_clear_error());
  if (request.size() > REQUEST_BYTES_MAX) return nullptr;
  const kj::byte* at = request.begin();
  OwnRequest read(d2i_X509_REQ(nullptr, &at, request.size()));
  if (read == nullptr || at != request.end()) return nullptr;
  OwnKey key(X509_REQ_get_pubkey(read.get()));
  if (key == nullptr || X509_REQ_verify(read.get(), key.get()) != 1) return nullptr;
  if (EVP_PKEY_get_security_bits(key.get()) < SECURITY_BITS_MIN) return nullptr;
  return key;
}

Bytes der(X509& certificate) { return encode(i2d_X509, &certificate); }

OwnCert certificateFromDer(BytesView der) {
  KJ_DEFER(ERR_clear_error());
  if (der.size() > CERTIFICATE_BYTES_MAX) return nullptr;
  const kj::byte* at = der.begin();
  OwnCert certificate(d2i_X509(nullptr, &at, der.size()));
  return at == der.end() ? std::move(certificate) : nullptr;
}

Hash keyHash(X509& certificate) {
  return sha256(view(encode(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(&certificate))));
}

Hash keyHash(EVP_PKEY& key) { return sha256(view(encode(i2d_PUBKEY, &key))); }

std::optional<Hash> issuerKeyHash(X509& certificate) {
  auto id = X509_get0_authority_key_id(&certificate);
  if (id == nullptr || size_t(ASN1_STRING_length(id)) != Hash().bytes.size()) return std::nullopt;
  return Hash::from(kj::arrayPtr(ASN1_STRING_get0_data(id), ASN1_STRING_length(id)));
}

Bytes rawPublicKey(X509& certificate) {
  auto key = X509_get0_pubkey(&certificate);
  if (key == nullptr || !EVP_PKEY_is_a(key, "ED25519")) return {};
  return publicKey(*key);
}

namespace {

std::string commonNameIn(X509_NAME* subject) {
  KJ_DEFER(ERR_clear_error());
  int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return "";
  kj::byte* utf8 = nullptr;
  int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(
      X509_NAME_get_entry(subject, index)));
  if (size < 0) return "";
  KJ_DEFER(OPENSSL_free(utf8));
  if (size_t(size) > NAME_BYTES_MAX) return "";
  return std::string(reinterpret_cast<char*>(utf8), size);
}

}  // namespace

std::string commonName(X509& certificate) {
  return commonNameIn(X509_get_subject_name(&certificate));
}

std::string issuerName(X509& certificate) {
  return commonNameIn(X509_get_issuer_name(&certificate));
}

bool isSelfSigned(X509& certificate) {
  KJ_DEFER(ERR_clear_error());
  return X509_self_signed(&certificate, 1) == 1;
}

Validity validity(X509& certificate) {
  return {toMs(X509_get0_notBefore(&certificate)), toMs(X509_get0_notAfter(&certificate))};
}

int64_t renewalDueMs(X509& certificate) {
  constexpr int64_t SPREAD_PARTS = 10;  // of its life
  auto dates = validity(certificate);
  int64_t life = std::max<int64_t>(dates.untilMs - dates.fromMs, SPREAD_PARTS);
  auto hash = sha256(view(der(certificate)));
  uint64_t drawn = 0;
  for (auto byte : hash.view().slice(0, sizeof(drawn))) drawn = drawn << 8 | byte;
  return dates.fromMs + life / 2 + int64_t(drawn % uint64_t(life / SPREAD_PARTS));
}

}  // namespace skerry
