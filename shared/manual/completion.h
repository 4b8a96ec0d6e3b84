// Scripts with which a shell completes a program's verbs, options and the values that are of a few.
#pragma once
#include "shared/manual/command.h"
#include <optional>

namespace skerry {

enum class Shell : uint8_t { BASH, ZSH, FISH };

// Of `bash`, `zsh`, `fish`.
std::optional<Shell> shellNamed(const std::string& name);

std::string completionScript(const CommandWords& program, Shell shell);

}  // namespace skerry
