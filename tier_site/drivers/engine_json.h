// The engine's JSON as plain values. FAILED for anything that is not what the API promises.
#pragma once
#include "tier_site/drivers/container.h"

namespace skerry {

// Whether a tenant's containers share a control group.
enum class TenantGroups { NO, YES };
std::string encodeCreate(const EngineDriverConfig& config, const Rendered& rendered,
                         uint64_t incarnation, TenantGroups groups,
                         const std::string& finding);
Container decodeInspected(const std::string& body);
// Ids.
std::vector<std::string> decodeListed(const std::string& body);
// The label skerry.instance of the container that an event is about; empty when it is about
// something else.
std::string decodeEvent(const std::string& line);
// "cgroupfs", "systemd", "none".
std::string decodeCgroupDriver(const std::string& body);
// "runc", "crun"; empty when the engine does not say.
std::string decodeRuntime(const std::string& body);
struct EngineVersion {
  std::string name;     // "Podman Engine", "Engine" (Docker's)
  std::string version;  // "4.3.1"
  std::string api;      // "1.41"
};
EngineVersion decodeVersion(const std::string& body);
// What an answer of 400 and above says; the body itself when it is no JSON. Bounded, never throws.
std::string decodeFailure(const std::string& body);

}  // namespace skerry
