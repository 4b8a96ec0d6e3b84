// The handshake of simulations: what TLS does but for encrypting. Both ends show the door, their
// certificates and an Ed25519 signature over the other's nonce, and ask the product's own judgement
// (shared/pki/chain.h). Deterministic, since nonces come from host.entropy. No tickets.
#pragma once
#include "shared/link/handshaker.h"

namespace skerry {

// Its handshakers accept Ed25519 keys only.
kj::Own<Transport> newPlainTransport();

}  // namespace skerry
