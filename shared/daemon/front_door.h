// The port of a daemon that has children, as central and regions have it: who comes with a
// certificate is served, who comes with a token is let in, whose certificate ends gets the next,
// and our own is renewed long before it ends.
#pragma once
#include "shared/link/enroll.h"
#include "shared/link/listener.h"
#include "shared/link/renew.h"

namespace skerry {

// How often a daemon that issues its own certificate looks whether half of its life is over.
constexpr auto OWN_RENEWAL_CHECK = 24 * kj::HOURS;

class FrontDoor final : private EnrollDesk, private kj::TaskSet::ErrorHandler {
public:
  // All references outlive it.
  struct Parts {
    Host& host;
    const Transport& transport;
    const PeerPolicy& policy;
    EnrollDesk& desk;
    RenewDesk& renewals;
    // Serves a child's connection until it ends.
    kj::Function<kj::Promise<void>(Secured)> serve;
    // Reads our certificate back, made anew when half of its life is over.
    kj::Function<const Identity&()> reload;
    // For connections that we dial: from now on this handshaker, which shows that certificate. The
    // former one goes when this returns; sessions that are open keep what they began with.
    kj::Function<void(Handshaker&)> renewed;
  };
  // `listen` is what `port` was opened with: ADDRESS:PORT.
  FrontDoor(Parts parts, const Identity& self, const std::string& listen,
            kj::Own<kj::ConnectionReceiver> port);
  KJ_DISALLOW_COPY(FrontDoor);

  // From now on this is who we are, to who comes and to whom we dial.
  void show(const Identity& self);
  // A child said hello, whose answer waits for `answered`. OVERLOADED "busy, retry after N ms" when
  // too many do that at once.
  void admit(kj::Promise<void> answered);

  const std::string& address() const { return itsAddress; }  // HOST:PORT in use
  Handshaker& handshaker() { return *current; }

private:
  kj::Promise<void> renewDaily();
  kj::Promise<EnrollAnswer> enroll(EnrollAsked asked) override;
  void taskFailed(kj::Exception&&) override {}

  Parts parts;
  Admission admission;
  std::string itsAddress;
  kj::Own<Handshaker> current;
  kj::Own<Listener> listener;
  kj::TaskSet answering{*this};
  kj::Promise<void> renewing = kj::READY_NOW;
};

}  // namespace skerry
