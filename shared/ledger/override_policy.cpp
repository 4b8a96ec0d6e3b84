#include "shared/ledger/override_policy.h"
#include <algorithm>
#include <vector>

namespace skerry {

namespace {

constexpr std::string_view GUARDED[] = {
    "image",   "build",       "command",      "entrypoint", "module",   "user",
    "cap_add", "cap_drop",    "capabilities", "privileged", "devices",  "volumes",
    "secrets", "networks",    "network_mode", "isolation",  "pid",      "ipc",
    "runtime", "userns_mode", "security_opt", "group_add",  "configs",  "working_dir",
};

bool isGuarded(std::string_view field) {
  return std::find(std::begin(GUARDED), std::end(GUARDED), field) != std::end(GUARDED);
}

// `services[web]` or `devices[0]` means the field before the bracket.
std::vector<std::string_view> fieldsOf(std::string_view path) {
  std::vector<std::string_view> fields;
  while (true) {
    auto dot = path.find('.');
    auto field = path.substr(0, dot);
    fields.push_back(field.substr(0, field.find('[')));
    if (dot == std::string_view::npos) return fields;
    path = path.substr(dot + 1);
  }
}

}  // namespace

bool isGuardedPath(std::string_view path) {
  auto fields = fieldsOf(path);
  if (fields[0] != "services") {
    return fields[0].empty() || std::any_of(fields.begin(), fields.end(), isGuarded) ||
           (fields[0] == "x-skerry" && fields.size() == 1);
  }
  // services.NAME.FIELD...: below the field names are free (an environment variable `user`).
  return fields.size() < 3 || isGuarded(fields[2]);
}

bool DefaultPolicy::allows(LocalKind kind, const std::string&, const std::string& path,
                           BytesView) const {
  return kind != LocalKind::OVERRIDE || !isGuardedPath(path);
}

}  // namespace skerry
