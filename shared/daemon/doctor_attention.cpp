#include "shared/daemon/doctor_attention.h"
#include "shared/crypto/bytes.h"
#include "shared/doctor/doctor_limits.h"
#include "shared/model/encoded.h"
#include "shared/model/time_text.h"

namespace skerry {
namespace {

constexpr std::string_view INSTANCE = "instance/", HOST = "host";

// One that cannot be read must not hide the others.
template <typename T, typename F>
void read(const Bytes& value, F&& use) {
  kj::runCatchingExceptions([&] {
    Decoded<T> decoded(value);
    use(decoded.get());
  });
}

void addSites(const Registers& registers, Findings& findings) {
  for (auto& [site, summary] : summarise(registers)) {
    if (!summary.linked || !summary.heard || summary.online) continue;
    findings.push_back(warning("sites", "site " + site + " is offline since " +
                               printTimeToSecond(summary.sinceMs) + " and goes on alone; on its "
                               "machine:", "skerry-site doctor"));
  }
}

void addOrders(const Registers& registers, Findings& findings) {
  for (auto& [site, apps] : appsAtSites(registers)) {
    for (auto& [name, app] : apps) {
      if (app.verdict != "refused") continue;
      auto slash = name.find('/');
      findings.push_back(warning("orders", "site " + site + " refuses its orders for " + name +
                                 ": " + app.reason, "skerry why " + name.substr(slash + 1) +
                                 " -t " + name.substr(0, slash) + " --site " + site));
    }
  }
}

void addHost(const std::string& site, const Bytes& value, Findings& findings) {
  read<schema::HostStatus>(value, [&](schema::HostStatus::Reader host) {
    for (auto said : host.getFindings()) {
      auto name = site + "/" + text(host.getName());
      findings.push_back(warning("hosts", "host " + name + ": " + text(said),
                                 "skerry get host " + name));
    }
  });
}

bool cannotRun(schema::InstanceStatus::State state) {
  return state == schema::InstanceStatus::State::CRASH_LOOP ||
         state == schema::InstanceStatus::State::FAILED ||
         state == schema::InstanceStatus::State::UNHEALTHY;
}

void addInstance(const std::string& site, const Bytes& value, Findings& findings) {
  read<schema::InstanceStatus>(value, [&](schema::InstanceStatus::Reader from) {
    if (!cannotRun(from.getState())) return;
    auto app = text(from.getApp()), service = text(from.getService());
    findings.push_back(warning("instances", service + " of " + text(from.getTenant()) + "/" + app +
                               " at " + site + " is " + word(from.getState()) +
                               (from.getReason().size() > 0 ? ": " + text(from.getReason()) : ""),
                               "skerry logs " + app + " -t " + text(from.getTenant()) + " --site " +
                               site + " --service " + service + " --tail 20"));
  });
}

}  // namespace

Findings attention(const Registers& registers) {
  Findings findings;
  addSites(registers, findings);
  addOrders(registers, findings);
  registers([&](const std::string& site, const std::string& key, const Bytes& value) {
    if (key == HOST) addHost(site, value, findings);
  });
  registers([&](const std::string& site, const std::string& key, const Bytes& value) {
    if (key.starts_with(INSTANCE)) addInstance(site, value, findings);
  });
  if (findings.empty()) return {fine("attention", "nothing below needs attention")};
  if (findings.size() > ATTENTION_LINES_MAX) {
    auto more = findings.size() - ATTENTION_LINES_MAX;
    findings.resize(ATTENTION_LINES_MAX);
    findings.push_back(warning("attention", "and " + std::to_string(more) + " more",
                               "skerry get instances"));
  }
  return findings;
}

}  // namespace skerry
