// X.509 certificates and PKCS#10 requests (RFC 5280, RFC 2986), as the product uses them: a root,
// one intermediate per region below it, leaves below either.
//
// Times are milliseconds since the Unix epoch, given by the caller from host.clock; certificates
// hold whole seconds. Serial numbers come from host.entropy, so that in a simulation equal hosts
// issue equal certificates. What an issuer says about a subject is the issuer's; a request
// contributes a key and nothing else.
#pragma once
#include "shared/crypto/signature.h"
#include "shared/host/host.h"
#include <compare>
#include <optional>

typedef struct x509_st X509;

namespace skerry {

struct FreeCert { void operator()(X509* certificate) const; };
using OwnCert = std::unique_ptr<X509, FreeCert>;
// Certificates are immutable and counted: another owner of the same one.
OwnCert share(X509& certificate);

constexpr int64_t DAY_MS = 24 * 60 * 60 * 1000;
constexpr int64_t ROOT_LIFE_MS = 20 * 365 * DAY_MS;
constexpr int64_t REGION_CA_LIFE_MS = 3 * 365 * DAY_MS;
constexpr int64_t LEAF_LIFE_MS = 30 * DAY_MS;
constexpr int64_t PERSON_LIFE_MS = 90 * DAY_MS;
constexpr int64_t BACKDATE_MS = DAY_MS;  // for receivers whose clock is a little behind
constexpr size_t NAME_BYTES_MAX = 160;   // of a common name; RFC 5280's 64 would not hold ours
constexpr size_t CERTIFICATE_BYTES_MAX = 4096;  // DER
constexpr size_t REQUEST_BYTES_MAX = 4096;      // DER
constexpr size_t CHAIN_CERTIFICATES_MAX = 8;

struct Issuer {
  X509& certificate;
  EVP_PKEY& key;  // the certificate's
};

// `name` is the common name: `fleet:acme`.
OwnCert issueRoot(EVP_PKEY& key, std::string_view name, int64_t nowMs, Entropy& entropy);
// An issuing certificate for `subject`, path length 0: `region-ca:north`.
OwnCert issueIntermediate(const Issuer& issuer, EVP_PKEY& subject, std::string_view name,
                          int64_t nowMs, Entropy& entropy);
// For both ends of TLS: `site:oslo-0012/host1`, `region:north`, `central`, `user:kari`. The common
// name is what counts; dnsName(name) is the alternative name. None outlives its issuer.
OwnCert issueLeaf(const Issuer& issuer, EVP_PKEY& subject, std::string_view name, int64_t nowMs,
                  Entropy& entropy, int64_t lifeMs = LEAF_LIFE_MS);

// `site:oslo-0012/host1` is `host1.oslo-0012.site.skerry`.
std::string dnsName(std::string_view name);

// A request for `key`, signed by it, in DER.
Bytes makeRequest(EVP_PKEY& key);
// The key of a request. Null when the DER is malformed, too large, or not signed by that key.
OwnKey keyOfRequest(BytesView request);

Bytes der(X509& certificate);
// Null when malformed, too large, or followed by anything.
OwnCert certificateFromDer(BytesView der);

// SHA-256 of the DER SubjectPublicKeyInfo: survives every renewal of the certificate around a key.
Hash keyHash(X509& certificate);
Hash keyHash(EVP_PKEY& key);
// The key hash that the issuer put in as its own (our issuers do: RFC 7093, method 4). None in the
// certificates of others.
std::optional<Hash> issuerKeyHash(X509& certificate);
// The raw Ed25519 key; empty for another kind.
Bytes rawPublicKey(X509& certificate);
std::string commonName(X509& certificate);
// The same of who issued it.
std::string issuerName(X509& certificate);
bool isSelfSigned(X509& certificate);

struct Validity {
  int64_t fromMs, untilMs;
  bool contains(int64_t nowMs) const { return fromMs <= nowMs && nowMs <= untilMs; }
};
Validity validity(X509& certificate);
// When it was issued, by its issuer's clock: later than it begins, by BACKDATE_MS.
inline int64_t issuedMs(X509& certificate) { return validity(certificate).fromMs + BACKDATE_MS; }

// When to ask for the next one: at half of its life and up to a tenth of it later, drawn from the
// certificate itself. So a fleet that joined within an hour does not renew within one, and a
// restart does not draw again.
int64_t renewalDueMs(X509& certificate);

}  // namespace skerry
