// The manifests a command names: files, folders of them, standard input.
#pragma once
#include "shared/cli/cli.h"
#include "shared/model/manifest.h"

namespace skerry {

struct ManifestFiles {
  std::vector<ParsedManifest> manifests;
  Failures failures;  // of all files; empty: all of them are sound
};
ManifestFiles readManifestFiles(Machine& machine, const std::vector<std::string>& paths);

// A command to paste, with the same files.
std::string filesCommand(std::string command, const std::vector<std::string>& paths);

}  // namespace skerry
