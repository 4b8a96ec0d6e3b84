// One service of a revision as plain values with every default applied: what the site plans with.
#pragma once
#include "shared/crypto/bytes.h"
#include "shared/model/port.h"
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skerry {

enum class ServiceKind { CONTAINER, PROCESS };

struct RestartSpec {
  enum class Policy { ALWAYS, UNLESS_STOPPED, ON_FAILURE, NO };
  Policy policy = Policy::ALWAYS;
  uint32_t max = 0;  // attempts of ON_FAILURE; 0: no bound
  bool operator==(const RestartSpec&) const = default;
};

struct LimitsSpec {
  uint64_t cpuMilli = 0;     // thousandths of a CPU; 0: no limit
  uint64_t memoryBytes = 0;  // 0: no limit
  uint32_t pids = 0;         // 0: no limit
  bool operator==(const LimitsSpec&) const = default;
};

struct ServiceSpec {
  std::string name;
  ServiceKind kind = ServiceKind::CONTAINER;
  std::string image;                 // of a container
  std::vector<std::string> command;  // of a process: program and arguments; never empty there
  std::vector<std::string> entrypoint;
  std::map<std::string, std::string> environment;
  std::string user;  // `nobody` for a process that names none; else empty: the image's
  std::vector<PortSpec> ports;
  RestartSpec restart;
  LimitsSpec limits;
  bool operator==(const ServiceSpec&) const = default;
};

struct ApplicationSpec {
  std::string tenant, name;
  std::vector<ServiceSpec> services;  // sorted by name
  bool operator==(const ApplicationSpec&) const = default;
};

// `always` (also when empty), `unless-stopped`, `on-failure`, `on-failure:N`, `no`. Absent when it
// is none of them.
std::optional<RestartSpec> parseRestart(std::string_view text);

// Of the bytes made by canonicalApplication(). FAILED, saying what, when they are not a sound
// application.
ApplicationSpec readApplication(BytesView application);

}  // namespace skerry
