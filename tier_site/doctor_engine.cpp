#include "tier_site/doctor_engine.h"
#include "shared/async/plainly.h"
#include "tier_site/drivers/engine_client.h"
#include <kj/debug.h>
#include <kj/vector.h>
#include <algorithm>
#include <sstream>

namespace skerry {
namespace {

constexpr uint32_t ENGINE_LOOK_MS = 3000;
constexpr const char* PODMAN_SOCKET = "/run/podman/podman.sock";
constexpr const char* DOCKER_SOCKETS[] = {"/run/docker.sock", "/var/run/docker.sock"};
constexpr int API_MAJOR = 1, API_MINOR_MIN = 40;

using Reply = EngineClient::Reply;

bool isDockers(const std::string& socket) {
  return std::find(std::begin(DOCKER_SOCKETS), std::end(DOCKER_SOCKETS), socket) !=
         std::end(DOCKER_SOCKETS);
}

bool isApiTooOld(const std::string& api) {
  int major = 0, minor = 0;
  char dot = 0;
  std::istringstream numbers(api);
  numbers >> major >> dot >> minor;
  return major < API_MAJOR || (major == API_MAJOR && minor < API_MINOR_MIN);
}

std::string beginEngine(const EngineFacts& facts) {
  std::string install = facts.hasPodman || facts.hasDocker ? "" : "apt-get install podman && ";
  auto& socket = facts.socket;
  if (facts.hasSystemd && isDockers(socket)) return "systemctl enable --now docker";
  if (facts.hasSystemd && socket == PODMAN_SOCKET) {
    return install + "systemctl enable --now podman.socket";
  }
  auto folder = socket.substr(0, socket.rfind('/'));
  return install + (folder.empty() ? "" : "mkdir -p " + folder + " && ") +
         "podman system service --time=0 unix://" + socket;
}

void take(EngineFacts& facts, kj::ArrayPtr<const Reply> replies) {
  auto& version = replies[0];
  auto& info = replies[1];
  if (!version.isOk()) {
    facts.trouble = "it answers " + std::to_string(version.status);
    return;
  }
  facts.version = decodeVersion(version.body);
  if (info.isOk()) facts.runtime = decodeRuntime(info.body);
  facts.answers = true;
}

}  // namespace

kj::Promise<EngineFacts> lookAtEngine(Host& host, std::string socket) {
  EngineFacts facts;
  facts.socket = socket;
  facts.hasPodman = host.system.node("/usr/bin/podman") != nullptr;
  facts.hasDocker = host.system.node("/usr/bin/docker") != nullptr;
  facts.hasSystemd = host.system.node("/run/systemd/system") != nullptr;
  auto node = host.system.node(kj::StringPtr(socket.c_str(), socket.size()));
  KJ_IF_MAYBE(found, node) {
    facts.isThere = true;
    facts.mayOpen = found->mayWrite;
  }
  auto client = kj::heap<EngineClient>(host, socket);
  auto asked = kj::heapArrayBuilder<kj::Promise<Reply>>(2);
  asked.add(client->call(EngineClient::Method::GET, kj::str("/version"), ENGINE_LOOK_MS));
  asked.add(client->call(EngineClient::Method::GET, kj::str("/info"), ENGINE_LOOK_MS));
  auto without = facts;
  return kj::joinPromises(asked.finish()).attach(kj::mv(client))
      .then([facts](kj::Array<Reply>&& replies) mutable {
    take(facts, replies);
    return facts;
  }).catch_([without](kj::Exception&& reason) mutable {
    without.trouble = plainly(reason);
    return without;
  });
}

Finding judgeEngine(const Subject& subject, const EngineFacts& facts) {
  constexpr const char* CHECK = "engine";
  if (facts.answers) {
    auto& version = facts.version;
    auto name = (version.name == "Engine" ? "Docker" : version.name) + " " + version.version +
                " at " + facts.socket;
    if (isApiTooOld(version.api)) {
      return warning(CHECK, name + " is too old: it speaks version " + version.api + " of the "
                     "engine API, at least 1.40 is needed; containers may not run",
                     "apt-get install --only-upgrade podman");
    }
    return fine(CHECK, name + ", API " + version.api +
                (facts.runtime.empty() ? "" : ", runtime " + facts.runtime));
  }
  if (facts.isThere && !facts.mayOpen) {
    return warning(CHECK, "this user may not open the container engine's socket " + facts.socket,
                   "sudo " + subject.doctor());
  }
  if (!facts.isThere) {
    return warning(CHECK, "there is no container engine at " + facts.socket +
                   "; process services run without it", beginEngine(facts));
  }
  return warning(CHECK, facts.trouble + ". Process services run without it", beginEngine(facts));
}

std::string unitOfEngine(const EngineFacts& facts) {
  if (facts.socket == PODMAN_SOCKET) return "podman.socket";
  return isDockers(facts.socket) ? "docker.service" : "";
}

Finding judgeEngineBoot(const EngineFacts& facts, const BootFacts& unit) {
  constexpr const char* CHECK = "engineBoot";
  if (!facts.hasSystemd || unit.unit.empty()) {
    return warning(CHECK, "not known whether the container engine is back after a power cut: " +
                   std::string(facts.hasSystemd ? "nothing known here makes " + facts.socket
                                                : "systemd does not run here") +
                   ". Let whatever starts this machine's services run this", beginEngine(facts));
  }
  if (!startsAtBoot(unit)) {
    return warning(CHECK, "the container engine is not back after a power cut: " + unit.unit +
                   " is " + (unit.state.empty() ? "not there" : unit.state), beginEngine(facts));
  }
  return fine(CHECK, unit.unit + " brings it back after a power cut");
}

kj::Promise<std::set<std::string>> missingImages(Host& host, std::string socket,
                                                 std::set<std::string> images) {
  auto client = kj::heap<EngineClient>(host, socket);
  kj::Vector<kj::Promise<std::string>> asked;
  for (auto& image : images) {
    auto path = kj::str("/images/", encodePath(image), "/json");
    asked.add(client->call(EngineClient::Method::GET, kj::mv(path), ENGINE_LOOK_MS)
                  .then([image](Reply&& reply) { return reply.status == 404 ? image : ""; }));
  }
  return kj::joinPromises(asked.releaseAsArray()).attach(kj::mv(client))
      .then([](kj::Array<std::string>&& names) {
    std::set<std::string> missing(names.begin(), names.end());
    missing.erase("");
    return missing;
  });
}

Findings judgeImages(const EngineFacts& facts, const std::set<std::string>& wanted,
                     const std::set<std::string>& missing) {
  constexpr const char* CHECK = "images";
  if (wanted.empty()) return {fine(CHECK, "no application here needs one")};
  if (!facts.answers) {
    return {warning(CHECK, "not known whether the images of " + std::to_string(wanted.size()) +
                    " containers are here: the container engine does not answer",
                    beginEngine(facts))};
  }
  Findings findings;
  for (auto& image : missing) {
    findings.push_back(warning(CHECK, "image " + image + " is not on this machine: with no "
                               "network its containers cannot be made",
                               clientOf(facts) + " pull " + image));
  }
  if (findings.empty()) {
    findings.push_back(fine(CHECK, "all are here: containers start with no network"));
  }
  return findings;
}

std::string clientOf(const EngineFacts& facts) {
  bool isDocker = facts.answers ? facts.version.name == "Engine"
                                : isDockers(facts.socket) || (!facts.hasPodman && facts.hasDocker);
  bool isUsual = facts.socket == PODMAN_SOCKET || isDockers(facts.socket);
  // Podman needs no service to see what it runs.
  if (!facts.answers || isUsual) return isDocker ? "docker" : "podman";
  return (isDocker ? "docker --host unix://" : "podman --url unix://") + facts.socket;
}

}  // namespace skerry
