// Which daemon is meant: `--socket`, then $SKERRY_SOCKET, then the only one on this machine.
#pragma once
#include "shared/cli/failure.h"
#include "shared/cli/machine.h"
#include <optional>
#include <string>

namespace skerry {

struct FoundSocket {
  std::string path;
  std::optional<Failure> failure;
};
FoundSocket findSocket(Machine& machine, const std::string& given);

}  // namespace skerry
