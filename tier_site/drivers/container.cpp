#include "tier_site/drivers/container.h"
#include "tier_site/drivers/driver_limits.h"
#include <charconv>

namespace skerry {

namespace {

constexpr int SIGNAL_CODES = 128;
constexpr int SIGNALS_MAX = 64;

std::string get(const std::map<std::string, std::string>& map, const char* key) {
  auto found = map.find(key);
  return found == map.end() ? std::string() : found->second;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// The ports that an error names, else all that were asked for.
std::string portsIn(std::string_view message, const Rendered& r) {
  std::string named, all;
  for (auto& port : r.ports) {
    auto number = std::to_string(port.host);
    auto& into = has(message, ":" + number) ? named : all;
    into += (into.empty() ? "" : ", ") + number;
  }
  return named.empty() ? all : named;
}

}  // namespace

std::string containerName(const EngineDriverConfig& config, const InstanceId& id) {
  return "skerry." + config.site + "." + id.str();
}

std::map<std::string, std::string> containerLabels(const EngineDriverConfig& config,
                                                   const Rendered& r, uint64_t incarnation,
                                                   const std::string& finding) {
  std::map<std::string, std::string> labels = {
      {"skerry.site", config.site},    {"skerry.tenant", r.id.tenant},
      {"skerry.app", r.id.app},        {"skerry.service", r.id.service},
      {"skerry.instance", r.id.str()}, {"skerry.digest", r.digest.hex()},
      {"skerry.incarnation", std::to_string(incarnation)}};
  if (!finding.empty()) labels["skerry.finding"] = finding;
  return labels;
}

std::optional<InstanceId> ownerOf(const EngineDriverConfig& config, const Container& container) {
  if (get(container.labels, "skerry.site") != config.site) return {};
  auto id = parseInstanceId(get(container.labels, "skerry.instance"));
  if (!id || container.name != containerName(config, *id)) return {};
  return id;
}

Observed observedFrom(const InstanceId& id, const Container& container) {
  Observed seen;
  seen.id = id;
  seen.digest = digestFromHex(get(container.labels, "skerry.digest"));
  seen.container = container.id;
  auto incarnation = get(container.labels, "skerry.incarnation");
  std::from_chars(incarnation.data(), incarnation.data() + incarnation.size(), seen.incarnation);
  auto& status = container.status;
  if (container.running || status == "paused" || status == "restarting") {
    seen.state = Observed::State::RUNNING;
    seen.pid = container.pid;
    seen.reason = status == "paused" ? "paused by hand" : get(container.labels, "skerry.finding");
    return seen;
  }
  if (status == "created" || status == "configured" || status == "initialized") {
    seen.reason = container.error;
    return seen;
  }
  seen.state = Observed::State::EXITED;
  seen.exitCode = container.exitCode;
  seen.oomKilled = container.oomKilled;
  seen.reason = container.error;
  int signal = container.exitCode - SIGNAL_CODES;
  if (signal > 0 && signal <= SIGNALS_MAX) seen.exitSignal = signal;
  return seen;
}

bool isNetworkFailure(std::string_view message) {
  for (auto word : {"netavark", "iptables", "plugin type=", "CNI network"})
    if (has(message, word)) return true;
  return false;
}

std::string explainEngineError(std::string_view message, const Rendered& r) {
  auto said =
      " (the engine says: " + std::string(message.substr(0, ENGINE_MESSAGE_BYTES_MAX)) + ")";
  if (has(message, "address already in use") || has(message, "port is already allocated") ||
      has(message, "proxy already running"))
    return "port " + portsIn(message, r) + " is in use on this host" + said;
  if (isNetworkFailure(message))
    return "this host's engine cannot make the network for its published ports; is iptables "
           "installed?" + said;
  auto program = r.entrypoint.empty() ? r.command : r.entrypoint;
  auto name = program.empty() ? std::string("of the image") : "'" + program[0] + "'";
  if (has(message, "no matching entries in passwd") || has(message, "unable to find user") ||
      has(message, "unable to find group"))
    return "user '" + r.user + "' does not exist in image '" + r.image + "'" + said;
  if (has(message, "executable file not found") || has(message, "no such file or directory"))
    return "program " + name + " is not in image '" + r.image + "'" + said;
  if (has(message, "permission denied"))
    return "program " + name + " may not be executed: permission denied" + said;
  if (has(message, "exec format error"))
    return "image '" + r.image + "' is built for another kind of machine" + said;
  return "the container engine refuses it" + said;
}

}  // namespace skerry
