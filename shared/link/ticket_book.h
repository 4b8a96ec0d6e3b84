// The tickets a listener gave out: what a peer who comes again with one need not show again.
//
// A ticket is a number (RFC 8446, 4.6.1: a database lookup key). What is kept under it is the key
// of the next connection and what is judged of the peer again then; the certificates themselves
// would be twenty times as much, for each peer, in OpenSSL's own cache.
#pragma once
#include "shared/link/handshaker.h"
#include "shared/link/link_limits.h"
#include <deque>
#include <unordered_map>

typedef struct ssl_st SSL;

namespace skerry {

class TicketBook final : public kj::Refcounted {
public:
  struct Kept {
    Bytes encoded;  // holds the key: wiped when it goes
    Leaf leaf;
    long issued;    // seconds, by OpenSSL's clock

    Kept(const SSL_SESSION& session, const Leaf& leaf);
    ~Kept();
    KJ_DISALLOW_COPY(Kept);
    OwnTicket session() const;
  };

  // TICKETS_MAX; those that are no longer honoured go as newer ones come.
  void add(const SSL_SESSION& session, const Leaf& leaf);
  // Null: not known. Valid until the next add(). OpenSSL judges its age.
  const Kept* find(BytesView id) const;
  size_t size() const { return kept.size(); }

private:
  std::unordered_map<std::string, Kept> kept;  // by id, which is random
  std::deque<std::string> order;               // oldest first
};

// Of a connection that needs the peer's certificates no more: frees them.
void dropCertificates(SSL& ssl);

}  // namespace skerry
