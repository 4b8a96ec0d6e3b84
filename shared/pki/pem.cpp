#include "shared/pki/pem.h"
#include "shared/pki/openssl_errors.h"
#include <kj/debug.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace skerry {
namespace {

struct FreeBio { void operator()(BIO* bio) const { BIO_free(bio); } };
using OwnBio = std::unique_ptr<BIO, FreeBio>;

OwnBio reading(BytesView pem) { return OwnBio(BIO_new_mem_buf(pem.begin(), pem.size())); }

Bytes written(BIO* bio) {
  char* data;
  long size = BIO_get_mem_data(bio, &data);
  return Bytes(data, data + size);
}

// No one is there to answer, so a key under a pass phrase is no key.
int noPassPhrase(char*, int, int, void*) { return -1; }

}  // namespace

Bytes pemOf(EVP_PKEY& key) {
  OwnBio bio(BIO_new(BIO_s_secmem()));
  KJ_REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr,
                                           nullptr) == 1,
             "this key cannot be written", opensslErrors());
  return written(bio.get());
}

OwnKey keyFromPem(BytesView pem) {
  OwnKey key(PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, noPassPhrase, nullptr));
  ERR_clear_error();
  return key;
}

Bytes pemOf(const std::vector<OwnCert>& certificates) {
  OwnBio bio(BIO_new(BIO_s_mem()));
  for (auto& certificate : certificates) {
    KJ_ASSERT(PEM_write_bio_X509(bio.get(), certificate.get()) == 1, opensslErrors());
  }
  return written(bio.get());
}

std::vector<OwnCert> certificatesFromPem(BytesView pem) {
  std::vector<OwnCert> certificates;
  auto bio = reading(pem);
  while (auto certificate = PEM_read_bio_X509(bio.get(), nullptr, noPassPhrase, nullptr)) {
    certificates.emplace_back(certificate);
  }
  // The end of the text is an error like any other to this parser.
  bool atEnd = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!atEnd || certificates.size() > CHAIN_CERTIFICATES_MAX) certificates.clear();
  return certificates;
}

}  // namespace skerry
