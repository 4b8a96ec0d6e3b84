// How a byte stream becomes a peer. TLS in the product (tls_context.h); in simulations an exchange
// without encryption that asks the same judgement (test/sim/plain_handshaker.h).
#pragma once
#include "shared/host/host.h"
#include "shared/pki/chain.h"
#include "shared/pki/identity.h"
#include <kj/refcount.h>

typedef struct ssl_session_st SSL_SESSION;

namespace skerry {

// Each owns what it needs of the peer: the stream may outlive the handshaker.
struct Secured {
  kj::Own<kj::AsyncIoStream> stream;
  PeerIdentity peer;
};

struct FreeTicket { void operator()(SSL_SESSION* ticket) const; };
using OwnTicket = std::unique_ptr<SSL_SESSION, FreeTicket>;

// The newest ticket of one (parent, door): the dialler keeps it from one connection to the next.
struct TicketJar final : kj::Refcounted {
  OwnTicket ticket;
};

class Handshaker {
public:
  virtual ~Handshaker() noexcept(false) {}
  // Both fail with DISCONNECTED, after the peer was told why if it listens; neither takes longer
  // than HANDSHAKE_MAX and LINGER_MAX. Promises may outlive the handshaker, not what it was made
  // with.
  virtual kj::Promise<Secured> accept(kj::Own<kj::AsyncIoStream> stream) = 0;
  // Success does not mean that the peer accepted us: a refused dialler learns it at its first read.
  virtual kj::Promise<Secured> connect(kj::Own<kj::AsyncIoStream> stream, Door door,
                                       kj::Maybe<TicketJar&> jar = nullptr) = 0;
};

// Makes handshakers: one per set of credentials, since certificates are renewed while a daemon
// runs. What an older one accepted keeps what it began with.
class Transport {
public:
  virtual ~Transport() noexcept(false) {}
  // `policy`, and the timer and entropy of `host`, outlive every stream. `self` is copied; without
  // one (an empty Identity) only the ENROLL door can be dialled, and nothing accepted.
  virtual kj::Own<Handshaker> newHandshaker(Host& host, const PeerPolicy& policy,
                                            const Identity& self) const = 0;
};

kj::Own<Transport> newTlsTransport();

}  // namespace skerry
