#include "shared/cli/manifest_files.h"
#include "shared/cli/cli_limits.h"
#include "shared/model/model_limits.h"

namespace skerry {
namespace {

bool isManifest(const std::string& name) {
  auto endsWith = [&](std::string_view end) {
    return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
  };
  return name[0] != '.' && (endsWith(".yaml") || endsWith(".yml"));
}

Problem problemOf(const std::string& file, const char* reason, std::string message,
                  const char* hint) {
  return {file, 0, "", reason, std::move(message), hint};
}

// The files that a path stands for.
std::vector<std::string> filesOf(Machine& machine, const std::string& path, Problems& problems) {
  auto names = path == "-" ? std::nullopt : machine.list(path);
  if (!names) return {path};
  std::vector<std::string> files;
  auto folder = path.back() == '/' ? path : path + "/";
  for (auto& name : *names) {
    if (isManifest(name)) files.push_back(folder + name);
  }
  if (files.empty()) {
    problems.push_back(problemOf(path, "empty-folder",
                                 "there is no *.yaml and no *.yml in this folder",
                                 "name the file itself; folders inside it are not searched"));
  }
  return files;
}

}  // namespace

std::string filesCommand(std::string command, const std::vector<std::string>& paths) {
  for (auto& path : paths) command += " --file " + path;
  return command;
}

ManifestFiles readManifestFiles(Machine& machine, const std::vector<std::string>& paths) {
  ManifestFiles read;
  Problems problems;
  size_t files = 0;
  for (auto& path : paths) {
    for (auto& file : filesOf(machine, path, problems)) {
      if (++files > FILES_MAX) {
        problems.push_back(problemOf(file, "too-many-files",
                                     "more than " + std::to_string(FILES_MAX) + " files",
                                     "apply them in several parts"));
        break;
      }
      auto content = machine.read(file, MANIFEST_FILE_BYTES_MAX);
      auto name = file == "-" ? "<stdin>" : file;
      if (!content.error.empty()) {
        problems.push_back(problemOf(name, "cannot-read",
                                     "the file cannot be read: " + content.error,
                                     "name a file, a folder, or `-` for standard input"));
        continue;
      }
      auto manifests = parseManifests(name, content.text, problems);
      read.manifests.insert(read.manifests.end(), manifests.begin(), manifests.end());
    }
  }
  checkDuplicates(read.manifests, problems);
  read.failures = failuresOf(problems);
  return read;
}

}  // namespace skerry
