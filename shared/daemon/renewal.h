// The next certificate of a region or a site, asked of its parent before this one ends, and after:
// when the parent says that it has (docs/decisions/0016).
//
//   RESTING --due, and the link is up--> ASKING --answered--> RESTING
//      |                                   ^ |
//      +---told: expired-------------------+ +--failed or refused--> RESTING, tried again
//
// What is due by our own clock waits for the link, since only a parent that was heard tells what
// time it is. What the parent says waits for nothing: full jitter over a bound that doubles with
// each attempt since the link was last up.
#pragma once
#include "shared/async/task.h"
#include "shared/daemon/trusted_clock.h"
#include "shared/link/renew.h"

namespace skerry {

constexpr auto RENEWAL_LOOK_EVERY = 1 * kj::HOURS;
constexpr auto RENEWAL_BACKOFF_BASE = 1 * kj::SECONDS;
constexpr auto RENEWAL_BACKOFF_CAP = 5 * kj::MINUTES;

class Renewal final {
public:
  // The tier's; outlives this.
  class Owner {
  public:
    virtual ~Owner() noexcept(false) {}
    // When the next one is to be asked for, by the trusted clock.
    virtual int64_t renewalDueMs() const = 0;
    virtual bool isLinkUp() const = 0;
    virtual kj::Promise<RenewAnswer> askForNext() = 0;
    // Uses it from now on, and keeps it: what cannot be written is asked for again later.
    virtual void takeNext(Renewed next) = 0;
  };
  Renewal(Host& host, const TrustedClock& clock, Owner& owner);
  KJ_DISALLOW_COPY(Renewal);

  // The parent says that the one we showed has ended.
  void toldExpired();
  // The link came up.
  void linkUp();

  // Why the last attempt came to nothing; empty: none did, or one succeeded since.
  const std::string& trouble() const { return lastTrouble; }

private:
  Task<void> renewForEver();
  kj::Promise<void> nextLook();
  bool isWanted() const;
  void take(RenewAnswer answer);
  void failed(const std::string& why);

  Host& host;
  const TrustedClock& clock;
  Owner& owner;
  bool isTold = false;
  unsigned attempts = 0;  // since the link was last up
  std::string lastTrouble;
  kj::Own<kj::PromiseFulfiller<void>> wake;
  kj::Promise<void> renewing = nullptr;
};

}  // namespace skerry
