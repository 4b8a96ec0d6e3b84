#include "shared/link/tls_context.h"
#include "shared/pki/openssl_errors.h"
#include <kj/debug.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace skerry {

namespace {

void check(long result, kj::StringPtr what) {
  KJ_REQUIRE(result > 0, what, opensslErrors());
}

class TlsTransport final : public Transport {
public:
  kj::Own<Handshaker> newHandshaker(Host& host, const PeerPolicy& policy,
                                    const Identity& self) const override {
    TlsContext::Options options{host.timer, policy};
    options.self = share(self);
    return kj::heap<TlsContext>(kj::mv(options));
  }
};

}  // namespace

kj::Own<Transport> newTlsTransport() { return kj::heap<TlsTransport>(); }

void TlsContext::FreeSslContext::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

TlsContext::TlsContext(Options options) : options(kj::mv(options)) {}

SSL_CTX* TlsContext::forServer() {
  if (server != nullptr) return server.get();
  server.reset(SSL_CTX_new(TLS_server_method()));
  configure(server.get());
  SSL_CTX_set_client_hello_cb(server.get(), TlsStream::chooseDoor, nullptr);
  SSL_CTX_set_alpn_select_cb(server.get(), [](SSL* ssl, const kj::byte** out, kj::byte* outSize,
                                              const kj::byte*, unsigned, void*) {
    auto name = alpnName(TlsStream::of(ssl).identity.door);
    *out = name.asBytes().begin();
    *outSize = name.size();
    return SSL_TLSEXT_ERR_OK;
  }, nullptr);
  // What is known of the peer stays here, and the ticket is a number: one that carried the peer's
  // certificate would be a kilobyte larger, and reading that is a quarter of the work.
  SSL_CTX_set_session_cache_mode(server.get(), SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_options(server.get(), SSL_OP_NO_TICKET);
  SSL_CTX_sess_set_new_cb(server.get(), TlsStream::issueTicket);
  SSL_CTX_sess_set_get_cb(server.get(), TlsStream::findTicket);
  SSL_CTX_set_num_tickets(server.get(), 1);
  SSL_CTX_set_timeout(server.get(), options.ticketLife / kj::SECONDS);
  return server.get();
}

SSL_CTX* TlsContext::forClient() {
  if (client != nullptr) return client.get();
  client.reset(SSL_CTX_new(TLS_client_method()));
  configure(client.get());
  SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(client.get(),
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(client.get(), TlsStream::keepTicket);
  return client.get();
}

void TlsContext::configure(SSL_CTX* context) {
  KJ_REQUIRE(context != nullptr, opensslErrors());
  check(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION), "TLS 1.3");
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_max_cert_list(context, CERTIFICATES_BYTES_MAX);
  SSL_CTX_set_cert_verify_callback(context, TlsStream::verifyChain, nullptr);
  auto& self = options.self;
  if (self.key == nullptr) return;
  KJ_REQUIRE(!self.chain.empty() && self.root != nullptr, "a key without its certificates");
  check(SSL_CTX_use_certificate(context, self.chain[0].get()), "our certificate");
  check(SSL_CTX_use_PrivateKey(context, self.key.get()),
        "our key, or it is not the certificate's");
  for (size_t i = 1; i < self.chain.size(); i++) {
    check(SSL_CTX_add1_chain_cert(context, self.chain[i].get()), "our chain");
  }
}

kj::Own<TlsStream> TlsContext::newStream(kj::Own<kj::AsyncIoStream> inner, SSL_CTX* context,
                                         End us) {
  auto root = options.self.root == nullptr ? nullptr : share(*options.self.root);
  return kj::Own<TlsStream>(
      new TlsStream(kj::mv(inner), context, us, options.policy, kj::mv(root),
                    kj::addRef(*tickets)),
      kj::_::HeapDisposer<TlsStream>::instance);
}

kj::Promise<Secured> TlsContext::accept(kj::Own<kj::AsyncIoStream> inner) {
  KJ_REQUIRE(options.self.key != nullptr, "nothing can be accepted without a certificate");
  return shake(newStream(kj::mv(inner), forServer(), End::LISTENER));
}

kj::Promise<Secured> TlsContext::connect(kj::Own<kj::AsyncIoStream> inner, Door door,
                                         kj::Maybe<TicketJar&> jar) {
  auto stream = newStream(kj::mv(inner), forClient(), End::DIALLER);
  auto ssl = stream->ssl.get();
  stream->identity.door = door;
  auto name = alpnName(door);
  auto offer = kj::str(char(name.size()), name);
  SSL_set_alpn_protos(ssl, offer.asBytes().begin(), offer.size());
  KJ_IF_MAYBE(j, jar) {
    stream->jar = kj::addRef(*j);
    if (j->ticket != nullptr) SSL_set_session(ssl, j->ticket.get());
  }
  return shake(kj::mv(stream));
}

kj::Promise<Secured> TlsContext::shake(kj::Own<TlsStream> stream) {
  kj::Promise<void> shaken = stream->handshake();
  auto& timer = options.timer;
  auto late = timer.afterDelay(options.handshakeMax).then([]() -> void {
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "TLS handshake took too long"));
  });
  auto& borrowed = *stream;
  return shaken.exclusiveJoin(kj::mv(late)).catch_([&timer, &borrowed](kj::Exception&& reason) {
    kj::Promise<void> told = borrowed.sendAlertAndLinger();
    return told.exclusiveJoin(timer.afterDelay(LINGER_MAX)).catch_([](kj::Exception&&) {})
        .then([reason = kj::mv(reason)]() mutable { kj::throwFatalException(kj::mv(reason)); });
  }).then([stream = kj::mv(stream)]() mutable {
    auto peer = stream->peer();
    return Secured{kj::mv(stream), kj::mv(peer)};
  });
}

}  // namespace skerry
