#include "tier_site/unattended.h"
#include "shared/daemon/log.h"
#include "shared/doctor/probe.h"
#include "shared/host/real_service.h"
#include "shared/link/proxy.h"
#include "shared/model/plain_value.h"
#include "shared/pki/host_id.h"
#include "tier_site/call_home.h"
#include "tier_site/home.h"
#include <iostream>

namespace skerry {
namespace {

constexpr int EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2;

bool isJoined(Host& host) { return IdentityFolder(host.files).isEnrolled(); }

// Says what is wrong.
std::optional<HomeAddress> understood(const std::string& written) {
  auto parsed = parseHome(written);
  if (auto home = std::get_if<HomeAddress>(&parsed)) return *home;
  std::cerr << "error: " << std::get<std::string>(parsed) << std::endl;
  return std::nullopt;
}

// `home` outlives it.
kj::Promise<int> callAndTell(Host& host, const Transport& transport, const HomeAddress& home) {
  auto id = hostId(deviceKeyOf(host));
  auto where = home.token.addresses[0];
  startLogging();
  logEvent(Severity::INFO, "home.calling", {{"id", id}, {"home", where}});
  auto status = "READY=1\nSTATUS=calls home to " + where + " as " + id;
  notifyManager(kj::StringPtr(status.c_str(), status.size()));
  auto outward = kj::heap<Outward>(host, home.proxy);
  auto calling = callHome(outward->host(), transport, home.token, "", home.proxy,
                          [](const std::string& reason, const std::string& text) {
    logEvent(Severity::INFO, "home.waiting", {{"reason", reason}, {"text", text}});
  });
  return calling.then([](JoinOutcome&& outcome) {
    if (outcome.ok) {
      logEvent(Severity::INFO, "home.joined", {{"name", outcome.text}});
      notifyManager("STATUS=");
      return EXIT_DONE;
    }
    std::cerr << "error: " << outcome.text << " (" << outcome.reason << ")" << std::endl;
    return EXIT_FAILED;
  }).attach(kj::mv(outward));
}

}  // namespace

int joinHome(const std::string& dataFolder, const std::string& words, const std::string& proxy,
             JoinSteps steps) {
  auto written = readHome(words);
  if (!written) {
    std::cerr << "error: " << (words.empty() ? "a token is missing, and no file says where home is"
                               : "cannot read " + words.substr(1))
              << "\n  try: skerry-site join TOKEN, or skerry-site join --home HOST:PORT#PIN"
              << std::endl;
    return EXIT_USAGE;
  }
  auto home = understood(*written);
  if (!home || !isUsableProxy(proxy)) return EXIT_USAGE;
  return runJoin(dataFolder, home->token, proxy.empty() ? home->proxy : proxy, kj::mv(steps));
}

int callHomeFirst(const std::string& dataFolder, const std::string& words) {
  int code = EXIT_DONE;
  auto written = readHome(words);
  if (!written) return code;
  return runOnce(dataFolder, [&](Host& host, const Transport& transport) -> kj::Promise<int> {
    if (isJoined(host)) return EXIT_DONE;
    auto home = understood(*written);
    if (!home) return EXIT_USAGE;
    auto kept = kj::heap<HomeAddress>(std::move(*home));
    auto calling = callAndTell(host, transport, *kept);
    return calling.attach(kj::mv(kept));
  });
}

int sayIdentity(const std::string& dataFolder, const std::string& output) {
  return runOnce(dataFolder, [&](Host& host, const Transport&) -> kj::Promise<int> {
    auto id = hostId(deviceKeyOf(host));
    auto value = PlainValue::object({{"id", PlainValue::of(id)},
                                     {"name", PlainValue::of(lookAtIdentity(host).name)}});
    std::cout << (output == "json" ? prettyJson(value) : id + "\n") << std::flush;
    return EXIT_DONE;
  });
}

}  // namespace skerry
