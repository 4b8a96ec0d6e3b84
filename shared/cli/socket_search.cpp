#include "shared/cli/socket_search.h"
#include "shared/cli/cli_limits.h"
#include <algorithm>

namespace skerry {

FoundSocket findSocket(Machine& machine, const std::string& given) {
  if (!given.empty()) return {given, std::nullopt};
  auto variable = machine.environment(SOCKET_VARIABLE);
  if (variable && !variable->empty()) return {*variable, std::nullopt};
  std::vector<std::string> found;
  for (auto& name : machine.list(DATA_FOLDER).value_or(std::vector<std::string>())) {
    auto folder = std::string(DATA_FOLDER) + "/" + name;
    auto files = machine.list(folder).value_or(std::vector<std::string>());
    if (std::find(files.begin(), files.end(), SOCKET_NAME) != files.end()) {
      found.push_back(folder + "/" + SOCKET_NAME);
    }
  }
  if (found.size() == 1) return {found[0], std::nullopt};
  if (found.empty()) {
    return {"", failure(ExitCode::UNREACHABLE, "no-daemon",
                        std::string("no daemon runs here: there is no ") + SOCKET_NAME + " under " +
                            DATA_FOLDER + "/*/",
                        "start one, or name its socket with --socket PATH or $SKERRY_SOCKET",
                        "skerry-central serve")};
  }
  std::string sockets;
  for (auto& path : found) sockets += (sockets.empty() ? "" : ", ") + path;
  return {"", failure(ExitCode::USAGE, "several-daemons", "several daemons run here: " + sockets,
                      "say which one is meant", "skerry --socket " + found[0] + " status")};
}

}  // namespace skerry
