// Keys and certificates as text (RFC 7468), for files that people may look into.
#pragma once
#include "shared/pki/certificate.h"

namespace skerry {

// PKCS#8, without a pass phrase. Whoever gets it cleanses it.
Bytes pemOf(EVP_PKEY& key);
// Null when there is none that can be read; a key under a pass phrase is none.
OwnKey keyFromPem(BytesView pem);

Bytes pemOf(const std::vector<OwnCert>& certificates);
// None when something else stands there too, or more than CHAIN_CERTIFICATES_MAX.
std::vector<OwnCert> certificatesFromPem(BytesView pem);

}  // namespace skerry
