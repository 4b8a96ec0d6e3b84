#include "shared/daemon/http_door.h"
#include "shared/async/plainly.h"
#include "shared/daemon/log.h"

namespace skerry {
namespace {

// The third field of /proc/self/statm counts pages of memory that hold something.
constexpr size_t STATM_BYTES_MAX = 256;
constexpr uint64_t MEMORY_PAGE_BYTES = 4096;

uint64_t residentBytes(const System& system) {
  unsigned long long total = 0, resident = 0;
  auto text = system.read("/proc/self/statm", STATM_BYTES_MAX);
  if (sscanf(text.c_str(), "%llu %llu", &total, &resident) != 2) return 0;
  return resident * MEMORY_PAGE_BYTES;
}

}  // namespace

HttpDoor::HttpDoor(Host& host, Observable& tier, std::string listen, kj::Function<void()> opened)
    : host(host), tier(tier), listen(std::move(listen)), opened(kj::mv(opened)),
      startedMs(host.clock.wallMs()) {
  opening = open().eagerlyEvaluate(nullptr);
}

kj::Promise<void> HttpDoor::open() {
  auto parsing = kj::evalNow([this] { return host.network.parseAddress(listen.c_str()); });
  return parsing.then([this](kj::Own<kj::NetworkAddress>&& parsed) {
    auto port = parsed->listen();
    itsAddress = listen.substr(0, listen.rfind(':')) + ":" + std::to_string(port->getPort());
    server = newPageServer(host.timer, kj::mv(port), {
        {"/healthz", [] { return PageAnswer{200, PageAnswer().type, "ok\n"}; }},
        {"/metrics", fresh(metricsPage, &HttpDoor::metrics)},
        {"/readyz", fresh(readinessPage, &HttpDoor::readiness)}});
    logEvent(Severity::INFO, "http.open", {{"address", itsAddress}});
    opened();
  }).catch_([this](kj::Exception&& reason) {
    logEvent(Severity::ERROR, "http.unavailable", {{"address", listen},
             {"reason", briefly(reason)},
             {"next", "choose another address with --http ADDRESS:PORT, or stop who uses it"}});
    return host.timer.afterDelay(HTTP_DOOR_RETRY).then([this] { return open(); });
  });
}

std::function<PageAnswer()> HttpDoor::fresh(Page& page, PageAnswer (HttpDoor::*make)()) {
  return [this, &page, make] {
    bool isOld = true;
    KJ_IF_MAYBE(at, page.madeAt) isOld = host.timer.now() - *at >= PAGE_FRESH;
    if (isOld) {
      page.answer = (this->*make)();
      page.madeAt = host.timer.now();
    }
    return page.answer;
  };
}

PageAnswer HttpDoor::metrics() {
  Exposition text;
  measureProcess(text);
  text.gauge("skerry_ready", "1: the tier does its work; 0: /readyz says why not.",
             isUp && tier.unready().empty());
  if (isUp) tier.measure(text);
  return {200, Exposition::CONTENT_TYPE, text.text()};
}

void HttpDoor::measureProcess(Exposition& to) {
  to.family("skerry_build_info", Exposition::Type::GAUGE, "The program that runs; always 1.");
  to.sample({{"tier", tier.tier()}, {"version", SKERRY_VERSION}}, 1);
  to.gauge("skerry_start_time_seconds", "When the program started, Unix epoch.",
           double(startedMs) / 1000);
  if (auto bytes = residentBytes(host.system)) {
    to.gauge("skerry_resident_bytes", "Memory of the program.", double(bytes));
  }
}

PageAnswer HttpDoor::readiness() {
  if (!isUp) return {503, PageAnswer().type, "not ready: it is starting\n"};
  std::string reasons;
  for (auto& reason : tier.unready()) reasons += "not ready: " + reason + "\n";
  if (reasons.empty()) return {200, PageAnswer().type, "ready\n"};
  return {503, PageAnswer().type, reasons};
}

}  // namespace skerry
