// The container engine as a person asks about it: is it there, which is it, does it come back after
// a power cut, has it the images. The judgements are pure.
#pragma once
#include "shared/doctor/boot_check.h"
#include "tier_site/drivers/engine_json.h"
#include <set>

namespace skerry {

struct EngineFacts {
  std::string socket;
  bool isThere = false;     // something is at that path
  bool answers = false;
  bool mayOpen = true;    // this user may open the socket
  bool hasPodman = false, hasDocker = false, hasSystemd = false;  // on this machine
  EngineVersion version;    // when it answers
  std::string runtime;
  std::string trouble;      // when it does not
};
// `host` outlives the promises.
kj::Promise<EngineFacts> lookAtEngine(Host& host, std::string socket);
Finding judgeEngine(const Subject& subject, const EngineFacts& facts);

// `unit`: of what makes the engine's socket.
std::string unitOfEngine(const EngineFacts& facts);
Finding judgeEngineBoot(const EngineFacts& facts, const BootFacts& unit);

// Those of `images` that the engine has not, sorted.
kj::Promise<std::set<std::string>> missingImages(Host& host, std::string socket,
                                                 std::set<std::string> images);
Findings judgeImages(const EngineFacts& facts, const std::set<std::string>& wanted,
                     const std::set<std::string>& missing);

// The engine's own client, as one types it: `podman`, or with the socket it has to be told where
// that is not the usual one.
std::string clientOf(const EngineFacts& facts);

}  // namespace skerry
