// Our credentials and our policy; shakes hands over TLS 1.3 with mutual authentication, at the door
// the dialler names by ALPN (RFC 7301).
#pragma once
#include "shared/link/link_limits.h"
#include "shared/link/tls_stream.h"

namespace skerry {

// Immutable: a renewed certificate means a new context. Its ticket keys are its own, so a new one
// also ends resumption of what the old one issued.
class TlsContext final : public Handshaker {
public:
  struct Options {
    kj::Timer& timer;           // both outlive every stream
    const PeerPolicy& policy;
    Identity self = {};         // key of any provider; empty for a dialler that is yet to enrol
    kj::Duration handshakeMax = HANDSHAKE_MAX;
    kj::Duration ticketLife = TICKET_LIFE;
  };
  explicit TlsContext(Options options);

  kj::Promise<Secured> accept(kj::Own<kj::AsyncIoStream> stream) override;
  kj::Promise<Secured> connect(kj::Own<kj::AsyncIoStream> stream, Door door,
                               kj::Maybe<TicketJar&> jar = nullptr) override;

private:
  // Made when first used: a site never accepts, and each costs as much as two idle connections.
  SSL_CTX* forServer();
  SSL_CTX* forClient();
  void configure(SSL_CTX* context);
  kj::Own<TlsStream> newStream(kj::Own<kj::AsyncIoStream> inner, SSL_CTX* context, End us);
  kj::Promise<Secured> shake(kj::Own<TlsStream> stream);

  struct FreeSslContext { void operator()(SSL_CTX* context) const; };
  using OwnSslContext = std::unique_ptr<SSL_CTX, FreeSslContext>;

  Options options;
  OwnSslContext server, client;
  kj::Own<TicketBook> tickets = kj::refcounted<TicketBook>();
};

}  // namespace skerry
