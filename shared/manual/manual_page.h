// The manual page of a program: roff with the macros of man(7).
#pragma once
#include "shared/manual/command.h"

namespace skerry {

// `section`: 1 for what anybody runs, 8 for a daemon.
std::string manualPage(const CommandWords& program, int section, const std::string& version);

}  // namespace skerry
