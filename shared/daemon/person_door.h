// The sessions of people at a tier's session door, where children come too: each gets an Admin made
// for the person that central signed for, until the certificate ends or the person is removed.
#pragma once
#include "shared/daemon/admin_desk.h"
#include "shared/link/handshaker.h"
#include "shared/link/link_limits.h"
#include <map>

namespace skerry {

constexpr size_t PERSON_SESSIONS_MAX = 256;  // beyond it nobody is let in
constexpr size_t SESSIONS_OF_PERSON_MAX = 32;

// Of the name in a person's certificate: who has another is a child, or was one. It only decides
// what somebody is told whom no key makes known.
constexpr std::string_view PERSON_PREFIX = "user:";

class PersonDoor final {
public:
  // Both outlive it.
  PersonDoor(Host& host, AdminDesk& desk);
  KJ_DISALLOW_COPY(PersonDoor);

  // Serves a connection until it ends. `who` is null for a certificate of this fleet whose key
  // belongs to nobody here. Fails OVERLOADED beyond the bounds.
  kj::Promise<void> serve(Secured peer, kj::Maybe<Principal> who, int64_t nowMs);
  // Ends the sessions of those who are not, or not any more, who they came as.
  using StillIs = kj::Function<bool(const Hash& key, const Principal& principal)>;
  void sweep(StillIs stillIs);

private:
  struct Open {
    Hash key;
    Principal principal;
    kj::Own<kj::PromiseFulfiller<void>> end;
  };

  Host& host;
  AdminDesk& desk;
  const LinkLimits limits;
  std::map<uint64_t, Open> open;
  uint64_t last = 0;
};

}  // namespace skerry
