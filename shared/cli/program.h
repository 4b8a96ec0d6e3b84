// The client as a function: everything of it but the real machine.
#pragma once
#include "shared/cli/machine.h"
#include <string>
#include <vector>

namespace skerry {

// Runs one command line, without the program's name, to its exit code. `machine` outlives the
// promise. Never throws: what goes wrong is told on standard error.
kj::Promise<int> runProgram(Machine& machine, std::vector<std::string> arguments);

}  // namespace skerry
