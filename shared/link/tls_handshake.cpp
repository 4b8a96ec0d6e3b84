#include "shared/link/link_limits.h"
#include "shared/link/tls_stream.h"
#include "shared/pki/openssl_errors.h"
#include <kj/debug.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace skerry {

Task<void> TlsStream::handshake() {
  for (;;) {
    ERR_clear_error();
    auto step = classify(SSL_do_handshake(ssl.get()));
    if (step == Step::DONE) break;
    if (step != Step::NEED_INPUT) kj::throwFatalException(failure());
    auto sent = flush();
    co_await sent;
    requireMore();
    auto filled = fill();
    co_await filled;
  }
  admit();
  auto sent = flush();
  co_await sent;
}

// Closing a socket that has unread input resets it, and the reset overtakes our alert: the peer
// would learn nothing. Bounded in bytes here and in time by the caller.
Task<void> TlsStream::sendAlertAndLinger() {
  auto sent = flush();
  co_await sent;
  inner->shutdownWrite();
  auto scratch = kj::heapArray<kj::byte>(FILL_IDLE_BYTES);
  for (size_t total = 0; total < LINGER_BYTES_MAX;) {
    auto discarded = inner->tryRead(scratch.begin(), 1, scratch.size());
    size_t count = co_await discarded;
    if (count == 0) break;
    total += count;
  }
}

// OpenSSL does not call verifyChain() for a resumed session, so all that may have changed since the
// ticket was issued is asked here, at every handshake.
void TlsStream::admit() {
  const kj::byte* chosen;
  unsigned chosenSize;
  SSL_get0_alpn_selected(ssl.get(), &chosen, &chosenSize);
  auto expected = alpnName(identity.door);
  KJ_REQUIRE(expected.asBytes() == kj::arrayPtr(chosen, chosenSize), "peer chose another door");
  identity.resumed = SSL_session_reused(ssl.get());
  if (!identity.resumed || us == End::DIALLER) {
    leaf = nullptr;
    auto certificate = SSL_get0_peer_certificate(ssl.get());
    if (certificate != nullptr) leaf = kj::heap(leafOf(*certificate));
  }
  if (leaf.get() != nullptr) {
    admit(*leaf);
  } else {
    KJ_REQUIRE(identity.door == Door::ENROLL && us == End::LISTENER,
               "peer showed no certificate");
  }
  leaf = nullptr;
  if (us == End::LISTENER) dropCertificates(*ssl);
}

void TlsStream::admit(const Leaf& peer) {
  auto verdict = judgeLeaf(policy, identity.door, peer);
  if (!verdict.accepted()) {
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "peer is not admitted",
                                         verdict.reason.c_str()));
  }
  describe(peer, identity);
}

// Replaces OpenSSL's whole verification, so that one place decides.
int TlsStream::verifyChain(X509_STORE_CTX* store, void*) {
  auto ssl = static_cast<SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& self = of(ssl);
  std::vector<X509*> chain{X509_STORE_CTX_get0_cert(store)};
  auto shown = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; i < sk_X509_num(shown); i++) {
    if (sk_X509_value(shown, i) != chain[0]) chain.push_back(sk_X509_value(shown, i));
  }
  Verdict verdict;
  // No exception may cross OpenSSL's frames.
  KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] {
    verdict = judgeChain(self.policy, self.identity.door, self.us, chain, self.root.get());
  })) {
    verdict = {e->getDescription().cStr(), X509_V_ERR_UNSPECIFIED};
  }
  if (verdict.accepted()) return 1;
  self.lastError = kj::str(verdict.reason.c_str());
  X509_STORE_CTX_set_error(store, verdict.error);
  return 0;
}

// Runs before OpenSSL looks at tickets: a ticket earned at one door must not open another, and
// what the client must show depends on the door.
int TlsStream::chooseDoor(SSL* ssl, int* alert, void*) {
  auto& self = of(ssl);
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  const kj::byte* offer;
  size_t size;
  if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation,
                                 &offer, &size)) {
    self.lastError = kj::str("peer names no door by ALPN");
    return SSL_CLIENT_HELLO_ERROR;
  }
  constexpr size_t PREFIX = 3;  // u16 length of the list, u8 length of its only name
  for (auto door : DOORS) {
    auto name = alpnName(door).asBytes();
    if (size != PREFIX + name.size() || kj::arrayPtr(offer + PREFIX, name.size()) != name) continue;
    self.identity.door = door;
    SSL_set_session_id_context(ssl, name.begin(), name.size());
    if (door == Door::ENROLL) {
      SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
      // A joiner knows the hash of the root's key, but has not got the root.
      SSL_add1_chain_cert(ssl, self.root.get());
    } else {
      SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    return SSL_CLIENT_HELLO_SUCCESS;
  }
  self.lastError = kj::str("peer asks for a door we do not have");
  return SSL_CLIENT_HELLO_ERROR;
}

// The listener's: what it knows of the peer stays with us, and the ticket is a number.
int TlsStream::issueTicket(SSL* ssl, SSL_SESSION* session) {
  auto& self = of(ssl);
  if (self.identity.door != Door::SESSION) return 0;  // nobody comes there twice
  // One that could not be kept costs a whole handshake; no exception may cross OpenSSL's frames.
  kj::runCatchingExceptions([&] {
    auto certificate = SSL_get0_peer_certificate(ssl);
    if (certificate != nullptr) self.leaf = kj::heap(leafOf(*certificate));
    if (self.leaf.get() != nullptr) self.tickets->add(*session, *self.leaf);
  });
  return 0;  // the reference stays OpenSSL's
}

// Whether it fits the door OpenSSL asks, by the context that chooseDoor() set.
SSL_SESSION* TlsStream::findTicket(SSL* ssl, const kj::byte* id, int size, int* isBorrowed) {
  *isBorrowed = 0;
  auto& self = of(ssl);
  auto found = self.tickets->find(kj::arrayPtr(id, size));
  if (found == nullptr) return nullptr;
  self.leaf = kj::heap(found->leaf);
  return found->session().release();
}

int TlsStream::keepTicket(SSL* ssl, SSL_SESSION* ticket) {
  KJ_IF_MAYBE(jar, of(ssl).jar) {
    // A copy: OpenSSL declares its own one dead when it reads that the connection was cut, which is
    // just when the dialler wants to resume.
    (*jar)->ticket.reset(SSL_SESSION_dup(ticket));
  }
  return 0;  // the reference stays OpenSSL's
}

}  // namespace skerry
