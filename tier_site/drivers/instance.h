// What a site runs, as plain values: the name of one instance, what it is told to run, and what a
// driver sees of it. Compared by value; no I/O.
#pragma once
#include "shared/crypto/hash.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace skerry {

// One copy of one service of one application. Parts are 1 to 63 of [A-Za-z0-9_-], beginning with a
// letter or digit; ordinals count from 0.
struct InstanceId {
  std::string tenant, app, service;
  uint32_t ordinal = 0;
  auto operator<=>(const InstanceId&) const = default;
  // "acme.pos.web.0": at most 202 bytes, fit for a file, a container and a control group.
  std::string str() const;
};
// Nothing for any other text.
std::optional<InstanceId> parseInstanceId(std::string_view text);
// Whether every part is within the limits above.
bool isValid(const InstanceId& id);

enum class RuntimeKind : uint8_t { CONTAINER, PROCESS };

struct PublishedPort {
  enum class Protocol : uint8_t { TCP, UDP };
  std::string address;   // of the host to listen on; empty means all
  uint16_t host = 0;     // the port the outside uses
  uint16_t inside = 0;   // the port the service listens on
  Protocol protocol = Protocol::TCP;
  auto operator<=>(const PublishedPort&) const = default;
};

// Zero means no limit.
struct ResourceLimits {
  uint64_t cpuMilli = 0;  // thousandths of a CPU
  uint64_t memoryBytes = 0;  // memory and swap together
  uint64_t pidsMax = 0;   // processes and threads
  bool operator==(const ResourceLimits&) const = default;
};

// PRIVATE: an address of its own, a way out, and the published ports in. HOST: the host's own
// network. NONE: no network. For a process PRIVATE is HOST.
enum class NetworkMode : uint8_t { PRIVATE, NONE, HOST };

// Everything a driver needs to start an instance, templates filled in, secrets excepted.
struct Rendered {
  InstanceId id;
  RuntimeKind kind = RuntimeKind::CONTAINER;
  std::string image;                         // containers
  std::vector<std::string> entrypoint;       // containers; empty means the image's own
  std::vector<std::string> command;          // a process: program and arguments, never empty
  std::map<std::string, std::string> environment;
  // "", "user", "user:group"; names or numbers. Empty: the image's own, or the daemon's own.
  std::string user;
  std::string workDir;                       // empty: the image's own, or "/"
  std::vector<PublishedPort> ports;          // containers; a process opens its own
  NetworkMode network = NetworkMode::PRIVATE;
  ResourceLimits limits;
  uint32_t stopGraceMs = 10000;              // from the request to stop until it is killed
  // Processes: a life that lasted this long and ended unasked while no daemon was there to decide
  // is restarted once, as the next incarnation, by its keeper. Zero: never, as for jobs.
  uint32_t restartAloneAfterMs = 0;
  std::string nonce;                         // another one is another instance; empty: none asked
  Hash digest;                               // renderedDigest() of all of the above
  bool operator==(const Rendered&) const = default;
};
// Identity of a rendered service. The same on every host and in every build of this version.
Hash renderedDigest(const Rendered& rendered);

// From Hash::hex(); zeros for any other text.
Hash digestFromHex(std::string_view hex);

// What is known of an instance that exists on this host.
struct Observed {
  enum class State : uint8_t { STARTING, RUNNING, EXITED };
  InstanceId id;
  Hash digest;              // of the Rendered it was started from; zeros when unreadable
  State state = State::STARTING;
  int pid = 0;              // the service's own, as this host numbers it; 0 when unknown
  uint64_t startTicks = 0;  // with pid and boot, names the process: /proc/PID/stat field 22
  std::string container;    // the engine's id; empty for a process
  int exitCode = 0;         // -1 when a signal ended it or nobody saw how
  int exitSignal = 0;
  bool oomKilled = false;
  uint64_t incarnation = 0;  // which life: rises with every start
  std::string reason;        // in words, for a person; may be empty
  bool operator==(const Observed&) const = default;
};

// "running", "exited with code 3", "killed by signal 9 (out of memory)", ...
std::string describe(const Observed& observed);

}  // namespace skerry
