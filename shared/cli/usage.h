// What is wrong with a command line, in the words of this program rather than of its parser.
#pragma once
#include "shared/cli/failure.h"
#include <CLI/App.hpp>

namespace skerry {

// Of a command line (`arguments`) that `parser` refused with `error`: the verb or the option that
// does not exist, what was probably meant, and whose help shows what there is.
Failure usageFailure(const CLI::App& parser, const CLI::ParseError& error,
                     const std::vector<std::string>& arguments);

// The same exit code for what is only noticed later.
Failure usage(std::string message, std::string hint, std::string next);

}  // namespace skerry
