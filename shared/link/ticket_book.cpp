#include "shared/link/ticket_book.h"
#include "shared/pki/openssl_errors.h"
#include <kj/debug.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>

namespace skerry {

void FreeTicket::operator()(SSL_SESSION* ticket) const { SSL_SESSION_free(ticket); }

namespace {

// All that resumption asks for, and no certificate.
Bytes encodeBare(const SSL_SESSION& session) {
  OwnTicket bare(SSL_SESSION_new());
  kj::byte secret[SSL_MAX_MASTER_KEY_LENGTH];
  KJ_DEFER(OPENSSL_cleanse(secret, sizeof(secret)));
  auto secretSize = SSL_SESSION_get_master_key(&session, secret, sizeof(secret));
  unsigned idSize, contextSize;
  auto id = SSL_SESSION_get_id(&session, &idSize);
  auto context = SSL_SESSION_get0_id_context(&session, &contextSize);
  bool made = bare != nullptr &&
      SSL_SESSION_set_protocol_version(bare.get(), SSL_SESSION_get_protocol_version(&session)) &&
      SSL_SESSION_set_cipher(bare.get(), SSL_SESSION_get0_cipher(&session)) &&
      SSL_SESSION_set1_master_key(bare.get(), secret, secretSize) &&
      SSL_SESSION_set1_id(bare.get(), id, idSize) &&
      SSL_SESSION_set1_id_context(bare.get(), context, contextSize);
  KJ_ASSERT(made, opensslErrors());
  SSL_SESSION_set_time(bare.get(), SSL_SESSION_get_time(&session));
  SSL_SESSION_set_timeout(bare.get(), SSL_SESSION_get_timeout(&session));
  Bytes encoded(i2d_SSL_SESSION(bare.get(), nullptr));
  auto to = encoded.data();
  i2d_SSL_SESSION(bare.get(), &to);
  return encoded;
}

std::string nameOf(BytesView id) { return text(id); }

}  // namespace

TicketBook::Kept::Kept(const SSL_SESSION& session, const Leaf& leaf)
    : encoded(encodeBare(session)), leaf(leaf), issued(SSL_SESSION_get_time(&session)) {}

TicketBook::Kept::~Kept() { OPENSSL_cleanse(encoded.data(), encoded.size()); }

OwnTicket TicketBook::Kept::session() const {
  const kj::byte* from = encoded.data();
  return OwnTicket(d2i_SSL_SESSION(nullptr, &from, encoded.size()));
}

void TicketBook::add(const SSL_SESSION& session, const Leaf& leaf) {
  unsigned size;
  auto id = SSL_SESSION_get_id(&session, &size);
  auto name = nameOf(kj::arrayPtr(id, size));
  if (!kept.try_emplace(name, session, leaf).second) return;
  order.push_back(name);
  auto now = SSL_SESSION_get_time(&session), life = SSL_SESSION_get_timeout(&session);
  while (order.size() > TICKETS_MAX || kept.at(order.front()).issued + life < now) {
    kept.erase(order.front());
    order.pop_front();
  }
}

const TicketBook::Kept* TicketBook::find(BytesView id) const {
  auto found = kept.find(nameOf(id));
  return found == kept.end() ? nullptr : &found->second;
}

// OpenSSL keeps what the peer showed for as long as the connection, six kilobytes and more, and has
// no call to let go of it: but reading a session into an existing one replaces its certificate by
// what is read, which is none, and the rest of the chain is a list that is lent out.
void dropCertificates(SSL& ssl) {
  auto session = SSL_get_session(&ssl);
  auto shown = SSL_get_peer_cert_chain(&ssl);
  while (sk_X509_num(shown) > 0) X509_free(sk_X509_pop(shown));
  if (SSL_SESSION_get0_peer(session) == nullptr) return;
  auto bare = encodeBare(*session);
  KJ_DEFER(OPENSSL_cleanse(bare.data(), bare.size()));
  const kj::byte* from = bare.data();
  KJ_ASSERT(d2i_SSL_SESSION(&session, &from, bare.size()) == session, opensslErrors());
}

}  // namespace skerry
