// One connection to the keeper of one instance.
#pragma once
#include "shared/host/host.h"
#include "tier_site/drivers/keeper_status.h"
#include <kj/function.h>
#include <deque>

namespace skerry {

class KeeperLink final {
public:
  // Connects to DIR/sock and reads the greeting. `folder` is DIR, whose path is `path`; it is used
  // where the socket's path is longer than a socket address holds. DISCONNECTED when nobody
  // answers. `host` outlives the link.
  static kj::Promise<kj::Own<KeeperLink>> connect(Host& host, const kj::Directory& folder,
                                                  std::string path);
  KeeperLink(Host& host, kj::Own<kj::AsyncIoStream> stream);
  ~KeeperLink() noexcept(false);
  KJ_DISALLOW_COPY(KeeperLink);

  // The newest that is known, by greeting, answer or event.
  const KeeperStatus& status() const { return newest; }
  // The answer to one request, "ok ..." or "err ...". DISCONNECTED when the keeper went away or is
  // silent for too long.
  kj::Promise<KeeperStatus> ask(kj::String request);
  // Asks for events. `onEvent` is called for each, `onLost` once when the keeper went away. Neither
  // may destroy the link, nor is called after its destruction.
  kj::Promise<void> watch(kj::Function<void(const KeeperStatus&)> onEvent,
                          kj::Function<void()> onLost);
  // Resolves once the service does not run. DISCONNECTED as above.
  kj::Promise<void> untilIdle();
  // Resolves once the keeper went away.
  kj::Promise<void> untilLost();
  bool isLost() const { return lost; }

private:
  kj::Promise<void> readLines();
  void take(std::string_view line);
  void lose();

  kj::Timer& timer;
  kj::Own<kj::AsyncIoStream> stream;
  std::string buffered;
  char chunk[2048];
  KeeperStatus newest;
  std::deque<kj::Own<kj::PromiseFulfiller<KeeperStatus>>> asked;
  std::deque<kj::Own<kj::PromiseFulfiller<void>>> idleWaiters, lossWaiters;
  kj::Function<void(const KeeperStatus&)> onEvent = [](const KeeperStatus&) {};
  kj::Function<void()> onLost = [] {};
  bool lost = false;
  kj::Promise<void> writing = kj::READY_NOW;
  kj::Promise<void> reading = nullptr;
};

}  // namespace skerry
