// One port, several doors: accepts, shakes hands and passes each peer to the door it asked for. A
// broken, slow or hostile peer costs its own connection and nothing else, and nothing ends the
// listening but the destructor.
//
//   accept (rate) -> handshake (SHAKING_AT_ONCE begun in a second, HALF_OPEN_MAX in all, each with
//                    a deadline) -> session | enroll | renew
//
// The rate is that of peers who come for nothing. Whoever is let in gives its place back, so a
// storm of honest ones is let in as fast as the machine shakes hands; the kernel keeps who waits.
#pragma once
#include "shared/async/task.h"
#include "shared/link/admission.h"
#include "shared/link/handshaker.h"
#include "shared/link/link_limits.h"
#include <kj/function.h>
#include <map>

namespace skerry {

class Listener final : private kj::TaskSet::ErrorHandler {
public:
  // Each is given the connection, and is done when its promise is; what it throws ends that
  // connection alone.
  struct Doors {
    kj::Function<kj::Promise<void>(Secured)> session, enroll;
    kj::Maybe<kj::Function<kj::Promise<void>(Secured)>> renew = nullptr;  // none: hung up on
  };
  struct Limits {
    size_t halfOpenMax = HALF_OPEN_MAX;
    unsigned acceptsPerSecond = ACCEPTS_PER_SECOND, acceptsAtOnce = ACCEPTS_AT_ONCE;
    kj::Duration halfOpenMin = HALF_OPEN_MIN;
    size_t shakingAtOnce = SHAKING_AT_ONCE;
  };
  struct Counts {
    uint64_t accepted = 0;   // by the port
    uint64_t admitted = 0;   // handshake done
    uint64_t refused = 0;    // handshake failed, displaced ones included
    uint64_t displaced = 0;  // gave way to newer ones at halfOpenMax
    uint64_t acceptFailures = 0;
  };

  // `timer` outlives the listener; `handshaker` does too, or until another is used.
  Listener(kj::Own<kj::ConnectionReceiver> port, kj::Timer& timer, Handshaker& handshaker,
           Doors doors, Limits limits);
  Listener(kj::Own<kj::ConnectionReceiver> port, kj::Timer& timer, Handshaker& handshaker,
           Doors doors)
      : Listener(kj::mv(port), timer, handshaker, kj::mv(doors), Limits()) {}
  ~Listener() noexcept(false);

  // For connections from now on: our certificate was renewed.
  void use(Handshaker& renewed) { handshaker = &renewed; }

  // One of those it passed on turned out to be wanted. Once for each connection.
  void wasLetIn();

  kj::uint portNumber() { return port->getPort(); }
  const Counts& counts() const { return counted; }
  size_t halfOpen() const { return shaking.size(); }
  // Why the last one was not let in, or its connection failed. Empty: none was.
  kj::StringPtr lastRefusal() const { return refusal; }

private:
  Task<void> acceptForEver();
  kj::Promise<kj::Maybe<kj::Own<kj::AsyncIoStream>>> acceptOne();
  void shake(kj::Own<kj::AsyncIoStream> stream);
  kj::Maybe<kj::Duration> untilNext();
  kj::Promise<void> whenFreed();
  void freed();
  void admit(uint64_t number, Secured peer);
  void refuse(uint64_t number, const kj::Exception& reason);
  void taskFailed(kj::Exception&& exception) override;

  kj::Own<kj::ConnectionReceiver> port;
  kj::Timer& timer;
  Handshaker* handshaker;
  Doors doors;
  Limits limits;
  TokenBucket rate;
  Counts counted;
  kj::String refusal;
  struct Shaking {
    kj::Own<kj::Canceler> canceler;
    kj::TimePoint since;
  };
  std::map<uint64_t, Shaking> shaking;  // oldest first
  kj::Own<kj::PromiseFulfiller<void>> waiting;  // for a place, or for a turn to accept
  kj::TaskSet connections;
  kj::Promise<void> accepting = nullptr;
};

}  // namespace skerry
