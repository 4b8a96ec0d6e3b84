// A container as the engine tells of it, and what it means to us.
#pragma once
#include "tier_site/drivers/engine_driver.h"

namespace skerry {

struct Container {
  std::string id;
  std::string name;    // without the slash that engines put before it
  std::string status;  // "created", "running", "exited", ...
  bool running = false;
  bool oomKilled = false;
  int pid = 0;
  int exitCode = 0;
  std::string error;   // why it could not be started
  std::map<std::string, std::string> labels;
};

std::string containerName(const EngineDriverConfig& config, const InstanceId& id);
// `finding`: what a person should know of how it runs; may be empty.
std::map<std::string, std::string> containerLabels(const EngineDriverConfig& config,
                                                   const Rendered& rendered, uint64_t incarnation,
                                                   const std::string& finding);
// Whose it is; nothing when it is not this site's, or bears another name than its labels say.
std::optional<InstanceId> ownerOf(const EngineDriverConfig& config, const Container& container);
// `startTicks` is left at zero. For a container killed by signal N, engines tell 128 + N as its
// exit code: both are given, though a program may have chosen that number itself.
Observed observedFrom(const InstanceId& id, const Container& container);

// Why a container did not start, in an operator's words, from what the engine said.
std::string explainEngineError(std::string_view message, const Rendered& rendered);

// The engine could not make a network for it, which is no fault of the container's.
bool isNetworkFailure(std::string_view message);

}  // namespace skerry
