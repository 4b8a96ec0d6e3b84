#include "shared/model/service_spec.h"
#include "capnp/manifest.capnp.h"
#include "shared/model/encoded.h"
#include "shared/model/model_limits.h"
#include "shared/model/size_text.h"
#include <charconv>

namespace skerry {
namespace {

constexpr const char* PROCESS_USER = "nobody";

std::vector<std::string> textsOf(capnp::List<capnp::Text>::Reader from) {
  std::vector<std::string> texts;
  for (auto item : from) texts.push_back(text(item));
  return texts;
}

LimitsSpec limitsOf(schema::ResourceLimits::Reader from) {
  LimitsSpec limits;
  if (from.hasCpus()) {
    auto cpu = parseCpuMilli(text(from.getCpus()));
    KJ_REQUIRE(cpu.has_value(), "cpus is no number of CPUs", from.getCpus());
    limits.cpuMilli = *cpu;
  }
  if (from.hasMemory()) {
    auto bytes = parseSize(text(from.getMemory()));
    KJ_REQUIRE(bytes.has_value(), "memory is no size", from.getMemory());
    limits.memoryBytes = *bytes;
  }
  limits.pids = from.getPids();
  return limits;
}

ServiceSpec serviceOf(schema::Service::Reader from) {
  ServiceSpec spec;
  spec.name = text(from.getName());
  auto kind = from.getSkerry().getKind();
  KJ_REQUIRE(kind == "" || kind == "container" || kind == "process",
             "a kind of service that this version does not know", kind);
  spec.kind = kind == "process" ? ServiceKind::PROCESS : ServiceKind::CONTAINER;
  spec.image = text(from.getImage());
  spec.command = textsOf(from.getCommand());
  spec.entrypoint = textsOf(from.getEntrypoint());
  bool isProcess = spec.kind == ServiceKind::PROCESS;
  KJ_REQUIRE((isProcess ? !spec.command.empty() : !spec.image.empty()),
             "a process without a command, or a container without an image", spec.name.c_str());
  for (auto variable : from.getEnvironment()) {
    spec.environment[text(variable.getName())] = text(variable.getValue());
  }
  spec.user = text(from.getUser());
  if (isProcess && spec.user.empty()) spec.user = PROCESS_USER;
  for (auto item : from.getPorts()) {
    std::string why;
    auto port = parsePort(text(item), why);
    KJ_REQUIRE(port.has_value(), "this is no port", item, why.c_str());
    spec.ports.push_back(*port);
  }
  auto restart = parseRestart(text(from.getRestart()));
  KJ_REQUIRE(restart.has_value(), "this is no restart policy", from.getRestart());
  spec.restart = *restart;
  spec.limits = limitsOf(from.getDeploy().getResources().getLimits());
  return spec;
}

}  // namespace

std::optional<RestartSpec> parseRestart(std::string_view text) {
  using Policy = RestartSpec::Policy;
  if (text.empty() || text == "always") return RestartSpec{Policy::ALWAYS, 0};
  if (text == "unless-stopped") return RestartSpec{Policy::UNLESS_STOPPED, 0};
  if (text == "no") return RestartSpec{Policy::NO, 0};
  constexpr std::string_view ON_FAILURE = "on-failure";
  if (text.substr(0, ON_FAILURE.size()) != ON_FAILURE) return std::nullopt;
  text.remove_prefix(ON_FAILURE.size());
  RestartSpec restart{Policy::ON_FAILURE, 0};
  if (text.empty()) return restart;
  auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), restart.max);
  bool isNumber = text[0] == ':' && error == std::errc() && end == text.data() + text.size();
  if (!isNumber || restart.max == 0 || restart.max > RESTARTS_MAX) return std::nullopt;
  return restart;
}

ApplicationSpec readApplication(BytesView application) {
  Decoded<schema::Application> decoded(application);
  auto from = decoded.get();
  ApplicationSpec spec;
  spec.tenant = text(from.getTenant());
  spec.name = text(from.getName());
  for (auto service : from.getServices()) spec.services.push_back(serviceOf(service));
  return spec;
}

}  // namespace skerry
