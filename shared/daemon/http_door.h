// The pages of `--http ADDR`, the same at every tier: /metrics for Prometheus, /healthz (the
// daemon's loop turns) and /readyz (it does its work, or why it does not).
//
// They are for those who look on. So an address that cannot be had is told and tried again, and
// keeps no application from running; and however often it is asked, a page is made at most once in
// PAGE_FRESH.
#pragma once
#include "shared/host/host.h"
#include "shared/http/exposition.h"
#include "shared/http/page_server.h"
#include <string>
#include <vector>

namespace skerry {

constexpr auto PAGE_FRESH = 1 * kj::SECONDS;
constexpr auto HTTP_DOOR_RETRY = 10 * kj::SECONDS;

// What a tier tells about itself.
class Observable {
public:
  virtual ~Observable() noexcept(false) {}
  virtual const char* tier() const = 0;  // "central", "region", "site"
  // Its metrics; all names begin with `skerry_`.
  virtual void measure(Exposition& to) = 0;
  // Why it does not do its work, a sentence each; none: it does. A link that is down is no reason:
  // every tier works on without the one above.
  virtual std::vector<std::string> unready() = 0;
};

class HttpDoor final {
public:
  // Listens from now on. `opened` is called each time a port was opened. The rest
  // outlives it.
  HttpDoor(Host& host, Observable& tier, std::string listen, kj::Function<void()> opened);
  KJ_DISALLOW_COPY(HttpDoor);

  // ADDRESS:PORT in use; empty while there is none.
  const std::string& address() const { return itsAddress; }
  // The tier was started: until then it is not ready.
  void tierIsUp() { isUp = true; }

private:
  struct Page {
    kj::Maybe<kj::TimePoint> madeAt;
    PageAnswer answer;
  };
  kj::Promise<void> open();
  std::function<PageAnswer()> fresh(Page& page, PageAnswer (HttpDoor::*make)());
  PageAnswer metrics();
  PageAnswer readiness();
  void measureProcess(Exposition& to);

  Host& host;
  Observable& tier;
  const std::string listen;
  kj::Function<void()> opened;
  const int64_t startedMs;
  bool isUp = false;
  Page metricsPage, readinessPage;
  std::string itsAddress;
  kj::Maybe<kj::Own<PageServer>> server;
  kj::Promise<void> opening = kj::READY_NOW;
};

}  // namespace skerry
